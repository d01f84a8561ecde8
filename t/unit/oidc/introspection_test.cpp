#include "oidc/introspection.hpp"

#include "oidc/access_token_example.hpp"

using namespace ciam;
using namespace ciam::test;
using base::Fault;

namespace {

oidc::Metadata metadata()
{
    auto metadata = example_metadata();
    metadata.introspection_endpoint = "https://idp.example/introspect";
    metadata.mtls_introspection_endpoint = "https://mtls.idp.example/introspect";
    return metadata;
}

base::HttpRequest request(const oidc::Client& with = client())
{
    return oidc::introspection_request(with, metadata(), "the token", now);
}

JsonText active()
{
    return good_claims().set("active", "true").set("token_type", R"("Bearer")");
}

std::optional<oidc::AccessToken> read(const base::HttpResponse& response)
{
    return oidc::read_introspection(response, client(), now);
}

std::optional<oidc::AccessToken> read(const JsonText& answer)
{
    return read(json_answer(answer.text()));
}

void assert_fault(const base::HttpResponse& response, Fault fault)
{
    assert_true(fault_of([&] { read(response); }) == fault);
}

// Request

void asks_by_post_and_shows_who_asks(void**)
{
    const auto asked = request();
    assert_text(asked.url, "https://idp.example/introspect");
    assert_text(asked.body, "token=the%20token&token_type_hint=access_token");
    assert_true(header_of(asked, "Authorization").starts_with("Basic "));
    assert_text(header_of(asked, "Content-Type"), "application/x-www-form-urlencoded");
}

void shows_the_secret_in_the_form_where_the_client_says_so(void**)
{
    auto with = client();
    with.authentication = oidc::Authentication::client_secret_post;
    const auto asked = request(with);
    assert_text(header_of(asked, "Authorization"), "");
    assert_true(contains(asked.body, "&client_id=shop&client_secret=hunter2"));
}

void asks_at_the_endpoint_for_certificates_with_one(void**)
{
    auto with = client();
    with.has_certificate = true;
    assert_text(request(with).url, "https://mtls.idp.example/introspect");
}

void refuses_to_ask_as_nobody(void**)
{
    auto with = client();
    with.client_secret = base::Secret{};
    const auto act = [&] { request(with); };
    assert_true(fault_of(act) == Fault::configuration &&
                contains(message_of(act), "client_secret"));
}

void says_that_the_provider_has_no_such_endpoint(void**)
{
    const auto act = [&] { oidc::introspection_request(client(), example_metadata(), "t", now); };
    assert_true(fault_of(act) == Fault::configuration);
    assert_true(contains(message_of(act), "introspection_endpoint"));
}

// Answer

void reads_an_active_token(void**)
{
    const auto token = read(active());
    assert_text(token->subject, "customer-1");
    assert_int_equal(token->facts.expires, now + 300);
    assert_true((token->facts.scopes == std::vector<std::string>{"read", "write"}));
}

void is_nothing_when_not_active_whatever_else_is_said(void**)
{
    assert_false(read(active().set("active", "false")).has_value());
    assert_false(read(json_answer(R"({"active":false})")).has_value());
}

void takes_nothing_but_true_for_active(void**)
{
    for (const char* value : {R"("true")", "1", "null", "[]", R"("yes")"}) {
        assert_fault(json_answer(active().set("active", value).text()), Fault::provider);
    }
    assert_fault(json_answer(active().remove("active").text()), Fault::provider);
    assert_fault(json_answer(R"({"active":false,"active":true})"), Fault::provider);
}

void tells_apart_why_there_is_no_answer(void**)
{
    assert_fault(json_answer("{}", 401), Fault::configuration);
    assert_fault(json_answer("{}", 403), Fault::configuration);
    assert_fault(json_answer("{}", 429), Fault::provider_busy);
    assert_fault(json_answer("{}", 503), Fault::provider_busy);
    assert_fault(json_answer(active().text(), 500), Fault::provider);
    assert_fault(json_answer(active().text(), 302), Fault::provider);
    assert_fault(json_answer("[]"), Fault::provider);
    base::HttpResponse none;
    none.fault = Fault::provider_timeout;
    assert_fault(none, Fault::provider_timeout);
}

void refuses_an_active_token_that_breaks_a_rule(void**)
{
    const std::vector<std::pair<const char*, const char*>> wrong = {
        {"iss", R"("https://evil.example")"},
        {"exp", "1"},
        {"nbf", "4102444800"},
        {"iat", "4102444800"},
        {"token_type", R"("DPoP")"},
        {"cnf", R"({"jkt":"x"})"},
        {"typ", R"("Refresh")"},
        {"sub", "null"}};
    for (const auto& [name, value] : wrong) {
        assert_fault(json_answer(active().set(name, value).text()), Fault::client);
    }
}

void does_without_what_the_provider_may_leave_out(void**)
{
    auto answer = active();
    for (const char* name : {"iss", "exp", "iat", "scope", "token_type", "client_id", "jti"}) {
        answer.remove(name);
    }
    const auto token = read(answer);
    assert_int_equal(token->facts.expires, 0);
    assert_true(token->facts.scopes.empty());
}

void is_for_its_client_when_there_is_no_audience(void**)
{
    assert_true(read(active().remove("aud"))->facts.audiences == std::vector<std::string>{"app"});
    assert_true(read(active())->facts.audiences == std::vector<std::string>{"https://api.example"});
    assert_true(read(active().remove("aud").remove("client_id"))->facts.audiences.empty());
    assert_true(read(active().remove("aud").remove("token_type"))->facts.audiences.empty());
}

void takes_a_token_that_the_provider_cannot_look_at_for_a_bad_one(void**)
{
    assert_false(read(json_answer(R"({"error":"unsupported_token_type"})", 400)).has_value());
    assert_fault(json_answer(R"({"error":"invalid_request"})", 400), Fault::provider);
    assert_fault(json_answer("<html>", 400), Fault::provider);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(asks_by_post_and_shows_who_asks),
        cmocka_unit_test(shows_the_secret_in_the_form_where_the_client_says_so),
        cmocka_unit_test(asks_at_the_endpoint_for_certificates_with_one),
        cmocka_unit_test(refuses_to_ask_as_nobody),
        cmocka_unit_test(says_that_the_provider_has_no_such_endpoint),
        cmocka_unit_test(reads_an_active_token),
        cmocka_unit_test(is_nothing_when_not_active_whatever_else_is_said),
        cmocka_unit_test(takes_nothing_but_true_for_active),
        cmocka_unit_test(tells_apart_why_there_is_no_answer),
        cmocka_unit_test(refuses_an_active_token_that_breaks_a_rule),
        cmocka_unit_test(does_without_what_the_provider_may_leave_out),
        cmocka_unit_test(takes_a_token_that_the_provider_cannot_look_at_for_a_bad_one),
        cmocka_unit_test(is_for_its_client_when_there_is_no_audience),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
