// When a login fetches userinfo (OIDC Core 5.3), and what it does with it.

#include "flow/login.hpp"

#include "flow/login_world.hpp"
#include "support/check.hpp"

using namespace ciam;
using base::Fault;
using flow::LoggedIn;
using oidc::UserinfoMode;
using test::LoginWorld;

namespace {

LoginWorld& with_mode(LoginWorld& world, UserinfoMode mode)
{
    world.client.userinfo = mode;
    return world;
}

/// The claim "email" of the session that a login makes; "(none)" without one.
std::string email_after(LoginWorld& world)
{
    const auto outcome = std::get<LoggedIn>(world.log_in());
    const std::string text = world.session_text(outcome.session_cookie.view());
    return std::string{flow::SessionView::parse(text)->claim("email").value_or("(none)")};
}

std::optional<Fault> fault_of(LoginWorld& world)
{
    const auto fault = test::fault_of([&] { world.log_in(); });
    assert_false(world.stored_something());
    return fault;
}

void when_missing_does_not_ask_for_what_the_id_token_has(void**)
{
    LoginWorld world;
    test::assert_text(email_after(with_mode(world, UserinfoMode::when_missing)), "ann@example.com");
    assert_int_equal(world.calls("/userinfo"), 0);
}

void when_missing_asks_for_a_claim_that_the_id_token_lacks(void**)
{
    LoginWorld world;
    world.id_token.email.clear();
    test::assert_text(email_after(with_mode(world, UserinfoMode::when_missing)),
                      "from.userinfo@example.com");
    assert_int_equal(world.calls("/userinfo"), 1);
}

void when_missing_goes_without_where_there_is_no_endpoint(void**)
{
    LoginWorld world;
    world.provider_has();
    world.id_token.email.clear();
    test::assert_text(email_after(with_mode(world, UserinfoMode::when_missing)), "(none)");
}

void when_missing_asks_where_the_whole_answer_is_used(void**)
{
    LoginWorld world;
    world.client.keep_userinfo = true;
    email_after(with_mode(world, UserinfoMode::when_missing));
    assert_int_equal(world.calls("/userinfo"), 1);
}

void on_always_asks_and_the_id_token_wins(void**)
{
    LoginWorld world;
    test::assert_text(email_after(with_mode(world, UserinfoMode::on)), "ann@example.com");
    assert_int_equal(world.calls("/userinfo"), 1);
}

void on_without_an_endpoint_is_a_matter_of_configuration(void**)
{
    LoginWorld world;
    world.provider_has();
    assert_true(fault_of(with_mode(world, UserinfoMode::on)) == Fault::configuration);
}

void off_never_asks(void**)
{
    LoginWorld world;
    world.id_token.email.clear();
    world.client.keep_userinfo = true;
    test::assert_text(email_after(with_mode(world, UserinfoMode::off)), "(none)");
    assert_int_equal(world.calls("/userinfo"), 0);
}

void the_access_token_is_sent_and_nothing_else_of_the_login(void**)
{
    LoginWorld world;
    email_after(with_mode(world, UserinfoMode::on));
    const base::HttpRequest& request = world.requests.at(1);
    assert_true(request.body.empty());
    bool has_token = false;
    for (const auto& [name, value] : request.headers) {
        has_token = has_token || (name == "Authorization" && value == "Bearer the-access-token");
    }
    assert_true(has_token);
}

void userinfo_of_another_person_ends_the_login_in_every_mode(void**)
{
    for (const UserinfoMode mode : {UserinfoMode::on, UserinfoMode::when_missing}) {
        for (const char* text :
             {R"({"sub":"customer-2","email":"x@example.com"})", R"({"email":"x@example.com"})"}) {
            LoginWorld world;
            world.id_token.email.clear();
            world.answers["/userinfo"] = test::json_answer(text);
            assert_true(fault_of(with_mode(world, mode)) == Fault::provider);
        }
    }
}

void userinfo_that_fails_ends_the_login_in_every_mode(void**)
{
    for (const UserinfoMode mode : {UserinfoMode::on, UserinfoMode::when_missing}) {
        LoginWorld world;
        world.id_token.email.clear();
        with_mode(world, mode);
        world.answers["/userinfo"] = test::timeout_answer();
        assert_true(fault_of(world) == Fault::provider_timeout);
        world.answers["/userinfo"] = test::json_answer("{}", 503);
        assert_true(fault_of(world) == Fault::provider_busy);
        world.answers["/userinfo"] = test::json_answer("{}", 401);
        assert_true(fault_of(world) == Fault::provider);
        world.answers["/userinfo"] = test::json_answer("junk");
        assert_true(fault_of(world) == Fault::provider);
    }
}

void nobody_is_asked_before_the_id_token_is_verified(void**)
{
    LoginWorld world;
    world.id_token.nonce = R"("of another login")";
    assert_true(fault_of(with_mode(world, UserinfoMode::on)) == Fault::provider);
    assert_int_equal(world.calls("/userinfo"), 0);
}

std::string stored_userinfo(LoginWorld& world)
{
    const auto outcome = std::get<LoggedIn>(world.log_in());
    return world.session_tokens(outcome.session_cookie.view()).userinfo;
}

void the_answer_is_kept_in_one_line_where_it_is_used(void**)
{
    LoginWorld world;
    world.client.keep_userinfo = true;
    world.answers["/userinfo"] =
        test::json_answer("{\r\n  \"sub\": \"customer-1\",\r\n  \"name\": \"A\\nB\"\r\n}\r\n");
    test::assert_text(stored_userinfo(with_mode(world, UserinfoMode::on)),
                      R"({"sub":"customer-1","name":"A\nB"})");
}

void the_answer_is_not_kept_where_nothing_uses_it(void**)
{
    LoginWorld world;
    test::assert_text(stored_userinfo(with_mode(world, UserinfoMode::on)), "");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(when_missing_does_not_ask_for_what_the_id_token_has),
        cmocka_unit_test(when_missing_asks_for_a_claim_that_the_id_token_lacks),
        cmocka_unit_test(when_missing_goes_without_where_there_is_no_endpoint),
        cmocka_unit_test(when_missing_asks_where_the_whole_answer_is_used),
        cmocka_unit_test(on_always_asks_and_the_id_token_wins),
        cmocka_unit_test(on_without_an_endpoint_is_a_matter_of_configuration),
        cmocka_unit_test(off_never_asks),
        cmocka_unit_test(the_access_token_is_sent_and_nothing_else_of_the_login),
        cmocka_unit_test(userinfo_of_another_person_ends_the_login_in_every_mode),
        cmocka_unit_test(userinfo_that_fails_ends_the_login_in_every_mode),
        cmocka_unit_test(nobody_is_asked_before_the_id_token_is_verified),
        cmocka_unit_test(the_answer_is_kept_in_one_line_where_it_is_used),
        cmocka_unit_test(the_answer_is_not_kept_where_nothing_uses_it),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
