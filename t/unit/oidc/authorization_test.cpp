#include "oidc/authorization.hpp"

#include "base/url.hpp"
#include "oidc/example.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using base::Fault;
using test::assert_text;
using test::contains;
using test::example_client;
using test::example_metadata;

namespace {

AuthorizationRequest request()
{
    return {.redirect_uri = "https://shop.example/oidc_callback",
            .state = "sealed",
            .nonce = "once",
            .code_verifier = "",
            .arguments = nullptr};
}

std::string url_of(const Client& client, const Metadata& metadata,
                   const AuthorizationRequest& asked)
{
    return authorization_url(metadata, authorization_parameters(client, asked));
}

base::Parameters query_of(const std::string& url)
{
    return base::Parameters::parse(base::Url::parse(url).value().query);
}

std::string value(const base::Parameters& parameters, std::string_view name)
{
    return parameters.get(name).value_or("(none)");
}

// The request

void sends_what_openid_connect_asks_for(void**)
{
    auto client = example_client();
    client.scope = "openid email";
    assert_text(url_of(client, example_metadata(), request()),
                "https://idp.example/authorize?response_type=code&client_id=shop"
                "&redirect_uri=https%3A%2F%2Fshop.example%2Foidc_callback&scope=openid%20email"
                "&state=sealed&nonce=once");
}

void encodes_every_value(void**)
{
    auto client = example_client();
    client.client_id = "a&b=c#d +\"<é";
    const auto url = url_of(client, example_metadata(), request());
    assert_true(contains(url, "client_id=a%26b%3Dc%23d%20%2B%22%3C%C3%A9&"));
    assert_text(value(query_of(url), "client_id"), client.client_id);
}

// RFC 7636 appendix B
void sends_the_s256_challenge_of_the_verifier(void**)
{
    auto with_verifier = request();
    with_verifier.code_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const auto url = url_of(example_client(), example_metadata(), with_verifier);
    const auto query = query_of(url);
    assert_text(value(query, "code_challenge"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert_text(value(query, "code_challenge_method"), "S256");
    assert_false(contains(url, "dBjftJeZ4CVP"));
}

void keeps_a_query_that_the_endpoint_has_already(void**)
{
    auto metadata = example_metadata();
    metadata.authorization_endpoint = "https://idp.example/authorize?p=signin&t=1";
    const auto url = url_of(example_client(), metadata, request());
    assert_true(url.rfind("https://idp.example/authorize?p=signin&t=1&response_type=code&", 0) ==
                0);
}

void adds_extra_arguments_and_those_of_the_location(void**)
{
    auto client = example_client();
    client.extra_auth_args.add("ui_locales", "de");
    client.extra_auth_args.add("prompt", "login");
    base::Parameters arguments;
    arguments.add("prompt", "consent");
    arguments.add("login_hint", "a&b");
    auto with_arguments = request();
    with_arguments.arguments = &arguments;
    const auto query = query_of(url_of(client, example_metadata(), with_arguments));
    assert_text(value(query, "ui_locales"), "de");
    assert_text(value(query, "prompt"), "consent");
    assert_text(value(query, "login_hint"), "a&b");
}

void leaves_out_arguments_without_a_value(void**)
{
    auto client = example_client();
    client.extra_auth_args.add("prompt", "login");
    base::Parameters arguments;
    arguments.add("prompt", "");
    arguments.add("login_hint", "");
    auto with_arguments = request();
    with_arguments.arguments = &arguments;
    const auto query = query_of(url_of(client, example_metadata(), with_arguments));
    assert_false(query.has("prompt"));
    assert_false(query.has("login_hint"));
}

void sends_an_extra_argument_twice_when_it_is_configured_twice(void**)
{
    auto client = example_client();
    client.extra_auth_args.add("resource", "https://a.example");
    client.extra_auth_args.add("resource", "https://b.example");
    assert_true(contains(url_of(client, example_metadata(), request()),
                         "resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example"));
}

constexpr std::string_view reserved[] = {"response_type",
                                         "client_id",
                                         "redirect_uri",
                                         "scope",
                                         "state",
                                         "nonce",
                                         "code_challenge",
                                         "code_challenge_method",
                                         "response_mode",
                                         "request",
                                         "request_uri",
                                         "client_secret",
                                         "client_assertion",
                                         "client_assertion_type"};

void asks_for_a_form_where_the_response_is_to_come_as_one(void**)
{
    auto client = example_client();
    assert_false(query_of(url_of(client, example_metadata(), request())).has("response_mode"));
    client.response_mode = ResponseMode::form_post;
    assert_text(value(query_of(url_of(client, example_metadata(), request())), "response_mode"),
                "form_post");
}

// RFC 8707 section 2.2: the token request could not ask for another one.
void refuses_a_resource_of_the_location_beside_that_of_the_client(void**)
{
    auto client = example_client();
    base::Parameters arguments;
    arguments.add("resource", "https://b.example");
    auto with_arguments = request();
    with_arguments.arguments = &arguments;
    assert_text(value(query_of(url_of(client, example_metadata(), with_arguments)), "resource"),
                "https://b.example");
    client.resources = {"https://a.example"};
    client.extra_auth_args.add("resource", "https://a.example");
    assert_true(test::fault_of([&] { authorization_parameters(client, with_arguments); }) ==
                Fault::configuration);
}

void knows_the_parameters_that_are_its_own(void**)
{
    for (const auto name : reserved) {
        assert_true(is_reserved_authorization_parameter(name));
    }
    for (const auto name :
         {"prompt", "login_hint", "acr_values", "max_age", "resource", "", "sta"}) {
        assert_false(is_reserved_authorization_parameter(name));
    }
}

void refuses_arguments_that_are_its_own(void**)
{
    for (const auto name : reserved) {
        base::Parameters arguments;
        arguments.add(name, "evil");
        auto with_arguments = request();
        with_arguments.arguments = &arguments;
        assert_true(test::fault_of([&] {
                        url_of(example_client(), example_metadata(), with_arguments);
                    }) == Fault::configuration);
        auto client = example_client();
        client.extra_auth_args.add(name, "evil");
        assert_true(test::fault_of([&] { url_of(client, example_metadata(), request()); }) ==
                    Fault::configuration);
    }
}

void automatic_pkce_is_off_only_where_methods_are_listed_without_s256(void**)
{
    auto metadata = example_metadata();
    assert_true(uses_pkce(example_client(), metadata));
    metadata.supports_s256 = true;
    assert_true(uses_pkce(example_client(), metadata));
    metadata.supports_s256 = false;
    assert_false(uses_pkce(example_client(), metadata));
}

void pkce_on_and_off_do_not_ask_the_metadata(void**)
{
    auto client = example_client();
    auto metadata = example_metadata();
    for (const std::optional<bool> listed :
         {std::optional<bool>{}, std::optional{true}, std::optional{false}}) {
        metadata.supports_s256 = listed;
        client.pkce = Pkce::on;
        assert_true(uses_pkce(client, metadata));
        client.pkce = Pkce::off;
        assert_false(uses_pkce(client, metadata));
    }
}

// What is asked of the login

AskedAuthentication asked_by(const std::string& claims, const std::string& acr_values = "")
{
    base::Parameters arguments;
    arguments.add("claims", claims);
    arguments.add("acr_values", acr_values);
    return asked_authentication(example_client(), &arguments);
}

void an_acr_that_is_essential_is_asked_of_the_login(void**)
{
    const auto values =
        asked_by(R"({"id_token":{"acr":{"essential":true,"values":["gold","silver"]}}})");
    assert_true(values.acr_is_essential);
    assert_text(values.acr_values, "gold silver");
    const auto any = asked_by(R"({"id_token":{"acr":{"essential":true}}})");
    assert_true(any.acr_is_essential);
    assert_text(any.acr_values, "");
}

/// Neither rule may take the other's place.
void an_acr_that_is_essential_is_asked_beside_acr_values_only_without_its_own(void**)
{
    const auto asked = asked_by(R"({"id_token":{"acr":{"essential":true}}})", "bronze");
    assert_true(asked.acr_is_essential);
    assert_text(asked.acr_values, "bronze");
    assert_true(test::fault_of([] {
                    asked_by(R"({"id_token":{"acr":{"essential":true,"value":"gold"}}})", "bronze");
                }) == Fault::configuration);
}

void an_acr_that_is_not_essential_is_none_of_the_login(void**)
{
    for (const char* acr : {R"(null)", R"({"values":["gold"]})", R"({"essential":false})"}) {
        const auto asked = asked_by(R"({"id_token":{"acr":)" + std::string{acr} + "}}", "bronze");
        assert_false(asked.acr_is_essential);
        assert_text(asked.acr_values, "bronze");
    }
}

void refuses_claims_that_are_no_claims_request(void**)
{
    const auto act = [] { asked_by("evil"); };
    assert_true(test::fault_of(act) == Fault::configuration);
    assert_false(contains(test::message_of(act), "evil"));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(sends_what_openid_connect_asks_for),
        cmocka_unit_test(encodes_every_value),
        cmocka_unit_test(sends_the_s256_challenge_of_the_verifier),
        cmocka_unit_test(keeps_a_query_that_the_endpoint_has_already),
        cmocka_unit_test(adds_extra_arguments_and_those_of_the_location),
        cmocka_unit_test(leaves_out_arguments_without_a_value),
        cmocka_unit_test(sends_an_extra_argument_twice_when_it_is_configured_twice),
        cmocka_unit_test(asks_for_a_form_where_the_response_is_to_come_as_one),
        cmocka_unit_test(refuses_a_resource_of_the_location_beside_that_of_the_client),
        cmocka_unit_test(knows_the_parameters_that_are_its_own),
        cmocka_unit_test(refuses_arguments_that_are_its_own),
        cmocka_unit_test(automatic_pkce_is_off_only_where_methods_are_listed_without_s256),
        cmocka_unit_test(pkce_on_and_off_do_not_ask_the_metadata),
        cmocka_unit_test(an_acr_that_is_essential_is_asked_of_the_login),
        cmocka_unit_test(an_acr_that_is_essential_is_asked_beside_acr_values_only_without_its_own),
        cmocka_unit_test(an_acr_that_is_not_essential_is_none_of_the_login),
        cmocka_unit_test(refuses_claims_that_are_no_claims_request),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
