// Callbacks that end without a session through the provider: nothing is stored.

#include "flow/login.hpp"

#include "flow/login_world.hpp"
#include "support/check.hpp"

using namespace ciam;
using base::Fault;
using test::LoginWorld;
using test::now;

namespace {

/// Of a login that fails; it stores nothing in any case.
std::optional<Fault> fault_of(LoginWorld& world)
{
    const auto fault = test::fault_of([&] { world.log_in(); });
    assert_false(world.stored_something());
    return fault;
}

// Errors that the provider sends.

void cancelling_is_an_outcome(void**)
{
    LoginWorld world;
    world.answer = "error=access_denied&error_description=x";
    test::assert_text(std::get<flow::LoginCancelled>(world.log_in()).return_path, "/cart?item=1");
    assert_false(world.spent_the_code());
    assert_false(world.stored_something());
}

void other_errors_name_themselves_and_blame_the_provider(void**)
{
    for (const char* error :
         {"invalid_request", "server_error", "invalid_scope", "unauthorized_client"}) {
        LoginWorld world;
        world.answer = std::string{"error="} + error;
        const std::string message = test::message_of([&] { world.log_in(); });
        assert_true(test::contains(message, error));
        assert_true(fault_of(world) == Fault::provider);
        assert_false(world.spent_the_code());
    }
}

// OIDC Core 3.1.2.6
void a_provider_that_may_not_ask_the_customer_leads_to_prompt_none(void**)
{
    for (const char* error : {"login_required", "interaction_required", "consent_required",
                              "account_selection_required"}) {
        LoginWorld world;
        world.answer = std::string{"error="} + error;
        const std::string message = test::message_of([&] { world.log_in(); });
        assert_true(test::contains(message, error));
        assert_true(test::contains(message, "prompt=none"));
        assert_true(fault_of(world) == Fault::provider);
    }
}

void a_provider_that_is_unavailable_for_a_while_is_busy(void**)
{
    LoginWorld world;
    world.answer = "error=temporarily_unavailable";
    assert_true(fault_of(world) == Fault::provider_busy);
}

// RFC 9207: mix-up.

void the_code_of_another_issuer_is_not_spent(void**)
{
    for (const char* answer : {"code=the-code&iss=https%3A%2F%2Fevil.example",
                               "error=access_denied&iss=https%3A%2F%2Fevil.example"}) {
        LoginWorld world;
        world.answer = answer;
        assert_true(fault_of(world) == Fault::provider);
        assert_false(world.spent_the_code());
    }
}

void a_missing_issuer_is_refused_where_it_is_needed(void**)
{
    LoginWorld needed;
    needed.client.response_iss_required = true;
    assert_true(fault_of(needed) == Fault::provider);
    assert_false(needed.spent_the_code());
    LoginWorld announced;
    announced.provider_has(R"(,"authorization_response_iss_parameter_supported":true)");
    assert_true(fault_of(announced) == Fault::provider);
    assert_false(announced.spent_the_code());
    announced.answer = "code=the-code&iss=https%3A%2F%2Fid.example.com";
    assert_true(std::holds_alternative<flow::LoggedIn>(announced.log_in()));
}

// The provider is away, or answers what it must not.

void documents_that_cannot_be_had_end_the_login(void**)
{
    LoginWorld world;
    world.provider_replies = {{nullptr, base::Error{Fault::provider_away, "away"}}};
    assert_true(fault_of(world) == Fault::provider_away);
    assert_false(world.spent_the_code());
}

void a_token_endpoint_that_fails_ends_the_login(void**)
{
    const std::pair<base::HttpResponse, Fault> cases[] = {
        {test::timeout_answer(), Fault::provider_timeout},
        {test::json_answer("{}", 503), Fault::provider_busy},
        {test::json_answer("{}", 429), Fault::provider_busy},
        {test::json_answer("{}", 500), Fault::provider},
        {test::json_answer("junk"), Fault::provider},
        {test::json_answer("{}"), Fault::provider},
        {test::json_answer(R"({"error":"invalid_grant"})", 400), Fault::client},
        {test::json_answer(R"({"error":"invalid_client"})", 401), Fault::configuration},
        {test::json_answer(R"({"access_token":"a","token_type":"Bearer"})"), Fault::provider},
        {test::json_answer(R"({"access_token":"a","token_type":"Bearer","id_token":"x.y"})"),
         Fault::provider},
    };
    for (const auto& [answer, fault] : cases) {
        LoginWorld world;
        world.answers["/token"] = answer;
        assert_true(fault_of(world) == fault);
    }
}

void an_id_token_that_breaks_a_rule_ends_the_login(void**)
{
    using Break = void (*)(LoginWorld&);
    const Break breaks[] = {
        [](LoginWorld& world) { world.id_token.iss = R"("https://evil.example")"; },
        [](LoginWorld& world) { world.id_token.sub.clear(); },
        [](LoginWorld& world) { world.id_token.aud = R"("another shop")"; },
        [](LoginWorld& world) { world.id_token.aud = R"(["shop","another"])"; },
        [](LoginWorld& world) { world.id_token.exp = std::to_string(now - 3600); },
        [](LoginWorld& world) { world.id_token.iat.clear(); },
        [](LoginWorld& world) { world.id_token.nonce = R"("of another login")"; },
        [](LoginWorld& world) { world.token_header = R"({"alg":"none"})"; },
        [](LoginWorld& world) { world.token_header = R"({"alg":"HS256","kid":"key-1"})"; },
        [](LoginWorld& world) { world.client.id_token_algorithms = {jose::Algorithm::rs256}; },
    };
    for (const Break breaking : breaks) {
        LoginWorld world;
        breaking(world);
        const auto fault = fault_of(world);
        assert_true(fault == Fault::provider);
        assert_true(world.spent_the_code()); // it is the token that was refused
    }
}

void a_signature_of_another_key_with_the_same_kid_is_refused(void**)
{
    const test::SigningKey forger{"ES256", "key-1"};
    LoginWorld world;
    world.signed_by = &forger;
    assert_true(fault_of(world) == Fault::provider);
}

void a_failed_login_stays_failed(void**)
{
    LoginWorld world;
    world.id_token.nonce = R"("of another login")";
    world.prepare();
    flow::Login flow{world.client, world.sealing(), world.request(), now};
    for (int i = 0; i < 3; i++) {
        assert_true(test::fault_of([&] { world.run(flow); }) == Fault::provider);
    }
    assert_int_equal(world.calls("/token"), 1);
    assert_false(world.stored_something());
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(cancelling_is_an_outcome),
        cmocka_unit_test(other_errors_name_themselves_and_blame_the_provider),
        cmocka_unit_test(a_provider_that_may_not_ask_the_customer_leads_to_prompt_none),
        cmocka_unit_test(a_provider_that_is_unavailable_for_a_while_is_busy),
        cmocka_unit_test(the_code_of_another_issuer_is_not_spent),
        cmocka_unit_test(a_missing_issuer_is_refused_where_it_is_needed),
        cmocka_unit_test(documents_that_cannot_be_had_end_the_login),
        cmocka_unit_test(a_token_endpoint_that_fails_ends_the_login),
        cmocka_unit_test(an_id_token_that_breaks_a_rule_ends_the_login),
        cmocka_unit_test(a_signature_of_another_key_with_the_same_kid_is_refused),
        cmocka_unit_test(a_failed_login_stays_failed),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
