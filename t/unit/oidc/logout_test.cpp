#include "oidc/logout.hpp"

#include "oidc/example.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using test::assert_text;
using test::example_client;
using test::example_metadata;

namespace {

std::string url_of(const oidc::Client& client, const oidc::LogoutRequest& request = {},
                   const oidc::Metadata& metadata = example_metadata())
{
    const auto message = logout_message(client, &metadata, request);
    return message && message->form.empty() ? message->url : "";
}

oidc::Client styled(oidc::LogoutStyle style, const std::string& text = "")
{
    auto client = example_client();
    client.logout_style = style;
    client.logout_template = text;
    return client;
}

oidc::Metadata without_endpoint()
{
    auto metadata = example_metadata();
    metadata.end_session_endpoint.reset();
    return metadata;
}

constexpr oidc::LogoutRequest to_bye{.post_logout_redirect_uri = "https://shop.example/bye?a=1&b",
                                     .state = "once",
                                     .id_token_hint = ""};

void there_is_no_url_without_an_endpoint(void**)
{
    const auto metadata = without_endpoint();
    assert_false(logout_message(example_client(), &metadata, {}).has_value());
    assert_false(logout_message(example_client(), nullptr, {}).has_value());
}

void always_sends_the_client_id(void**)
{
    assert_text(url_of(example_client()), "https://idp.example/logout?client_id=shop");
}

void sends_where_to_return_to_the_state_and_the_hint(void**)
{
    auto request = to_bye;
    request.id_token_hint = "a.b-_.c";
    assert_text(url_of(example_client(), request),
                "https://idp.example/logout?client_id=shop"
                "&post_logout_redirect_uri=https%3A%2F%2Fshop.example%2Fbye%3Fa%3D1%26b"
                "&state=once&id_token_hint=a.b-_.c");
}

void keeps_a_query_that_the_endpoint_has_already(void**)
{
    auto metadata = example_metadata();
    metadata.end_session_endpoint = "https://idp.example/logout?p=signin";
    assert_text(url_of(example_client(), {}, metadata),
                "https://idp.example/logout?p=signin&client_id=shop");
}

void posts_what_is_too_long_for_an_address(void**)
{
    const auto metadata = example_metadata();
    for (const std::size_t size : {std::size_t{1900}, std::size_t{2000}, std::size_t{20000}}) {
        const std::string hint(size, 'h');
        const auto message = logout_message(example_client(), &metadata, {.id_token_hint = hint});
        const bool is_long = size >= 2000;
        assert_int_equal(message->form.empty(), !is_long);
        assert_int_equal(test::contains(message->url, hint), !is_long);
        if (is_long) {
            assert_text(message->url, "https://idp.example/logout");
            assert_text(message->form.get("id_token_hint").value_or(""), hint);
            assert_text(message->form.get("client_id").value_or(""), "shop");
        }
    }
}

void auth0_has_a_way_of_its_own_where_it_announces_no_endpoint(void**)
{
    const auto client = styled(oidc::LogoutStyle::auth0);
    assert_text(url_of(client, to_bye, without_endpoint()),
                "https://idp.example/v2/logout?client_id=shop"
                "&returnTo=https%3A%2F%2Fshop.example%2Fbye%3Fa%3D1%26b");
    assert_true(test::contains(url_of(client, to_bye), "post_logout_redirect_uri="));
    assert_text(logout_message(client, nullptr, {})->url,
                "https://idp.example/v2/logout?client_id=shop");
    auto slash = styled(oidc::LogoutStyle::auth0);
    slash.issuer += '/';
    assert_text(url_of(slash, {}, without_endpoint()),
                "https://idp.example/v2/logout?client_id=shop");
}

void cognito_logs_out_where_its_pages_are(void**)
{
    const auto client = styled(oidc::LogoutStyle::cognito);
    auto metadata = example_metadata();
    metadata.authorization_endpoint = "https://pages.example:8443/oauth2/authorize?x=1";
    assert_text(url_of(client, to_bye, metadata),
                "https://pages.example:8443/logout?client_id=shop"
                "&logout_uri=https%3A%2F%2Fshop.example%2Fbye%3Fa%3D1%26b");
    assert_false(logout_message(client, nullptr, to_bye).has_value());
}

void local_goes_nowhere(void**)
{
    const auto metadata = example_metadata();
    const auto client = styled(oidc::LogoutStyle::local);
    assert_false(logout_message(client, &metadata, to_bye).has_value());
}

void a_template_is_filled_in(void**)
{
    const auto client =
        styled(oidc::LogoutStyle::custom,
               "https://x.example/out?c={client_id}&t=7&to={post_logout_uri}&s={state}#");
    const std::string filled = "https://x.example/out?c=shop&t=7"
                               "&to=https%3A%2F%2Fshop.example%2Fbye%3Fa%3D1%26b&s=once#";
    assert_text(logout_message(client, nullptr, to_bye)->url, filled);
    assert_text(url_of(client, to_bye), filled);
}

void state_comes_back_where_the_provider_knows_it(void**)
{
    using enum oidc::LogoutStyle;
    const auto metadata = example_metadata();
    const auto bare = without_endpoint();
    assert_true(brings_state_back(styled(oidc), &metadata));
    assert_true(brings_state_back(styled(auth0), &metadata));
    assert_true(brings_state_back(styled(custom, "https://x.example/?s={state}"), nullptr));
    assert_false(brings_state_back(styled(custom, "https://x.example/"), &metadata));
    for (const auto style : {oidc, auth0, cognito, local}) {
        assert_false(brings_state_back(styled(style), &bare));
        assert_false(brings_state_back(styled(style), nullptr));
    }
    assert_false(brings_state_back(styled(cognito), &metadata));
}

void a_template_is_a_url_with_known_names_alone(void**)
{
    const auto fault = [](const char* text, bool may_be_http) {
        return test::fault_of([&] { check_logout_template(text, may_be_http); });
    };
    check_logout_template("https://x.example/out", false);
    check_logout_template("https://x.example/{client_id}?{state}&a={post_logout_uri}", false);
    check_logout_template("http://localhost:1/out", true);
    for (const char* wrong : {"", "template", "/out", "http://x.example/", "http://localhost:1/out",
                              "https://x.example/{", "https://x.example/{}",
                              "https://x.example/{id_token}", "https://x.example/{client_id",
                              "https://{client_id", "ftp://x.example/", "https://x.example/ a"}) {
        assert_true(fault(wrong, false) == base::Fault::configuration);
    }
    assert_true(fault("http://x.example/", true) == base::Fault::configuration);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(there_is_no_url_without_an_endpoint),
        cmocka_unit_test(always_sends_the_client_id),
        cmocka_unit_test(sends_where_to_return_to_the_state_and_the_hint),
        cmocka_unit_test(keeps_a_query_that_the_endpoint_has_already),
        cmocka_unit_test(posts_what_is_too_long_for_an_address),
        cmocka_unit_test(auth0_has_a_way_of_its_own_where_it_announces_no_endpoint),
        cmocka_unit_test(cognito_logs_out_where_its_pages_are),
        cmocka_unit_test(local_goes_nowhere),
        cmocka_unit_test(a_template_is_filled_in),
        cmocka_unit_test(state_comes_back_where_the_provider_knows_it),
        cmocka_unit_test(a_template_is_a_url_with_known_names_alone),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
