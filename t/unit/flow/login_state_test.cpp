// Callbacks whose state was altered, is of another browser or came too late: no code is spent.

#include "flow/login.hpp"

#include "flow/login_world.hpp"
#include "support/check.hpp"

using namespace ciam;
using base::Fault;
using flow::AlreadyLoggedIn;
using flow::LoginAgain;
using test::LoginWorld;
using test::now;

namespace {

template <class Outcome> Outcome outcome_of(LoginWorld& world)
{
    auto outcome = world.log_in();
    assert_false(world.spent_the_code());
    assert_false(world.stored_something());
    assert_true(std::holds_alternative<Outcome>(outcome));
    return std::get<Outcome>(std::move(outcome));
}

/// Of a login that fails; it stores nothing in any case.
std::optional<Fault> fault_of(LoginWorld& world)
{
    const auto fault = test::fault_of([&] { world.log_in(); });
    assert_false(world.stored_something());
    return fault;
}

std::optional<Fault> fault_of_query(const std::string& query)
{
    const LoginWorld world;
    return test::fault_of(
        [&] { flow::read_callback(world.keyring, query, world.binding_cookies); });
}

void a_callback_without_authentic_state_is_refused(void**)
{
    const jose::Keyring other = test::keyring_of({test::second_key});
    const auto foreign = flow::seal_transaction(other, {"main", "/", now, false}, "b").state;
    for (const std::string& query :
         {std::string{}, std::string{"code=c"}, std::string{"code=c&state="},
          std::string{"code=c&state=junk"}, "code=c&state=" + std::string(200, 'A'),
          "code=c&state=" + foreign}) {
        assert_true(fault_of_query(query) == Fault::client);
    }
}

void a_callback_that_is_malformed_is_refused(void**)
{
    LoginWorld world;
    world.prepare();
    for (const char* answer :
         {"x=y", "code=a&code=b", "code=c&error=access_denied", "code=%", "code=c&iss=a&iss=b"}) {
        assert_true(test::fault_of([&] {
                        flow::read_callback(world.keyring, answer + ("&state=" + world.state),
                                            world.binding_cookies);
                    }) == Fault::client);
    }
    assert_true(test::fault_of([&] {
                    flow::read_callback(world.keyring,
                                        "code=c&state=" + world.state + "&state=" + world.state,
                                        world.binding_cookies);
                }) == Fault::client);
}

void no_message_has_the_state_or_the_code_in_it(void**)
{
    LoginWorld world;
    world.prepare();
    const std::string altered = "A" + world.state;
    const std::string message = test::message_of(
        [&] { flow::read_callback(world.keyring, "code=the-code&state=" + altered, {}); });
    assert_false(message.empty());
    assert_false(test::contains(message, "the-code"));
    assert_false(test::contains(message, world.state.substr(0, 8)));
}

// Another binding cookie, or none.

void foreign_state(LoginWorld& world)
{
    world.binding_cookies = {flow::new_binding()};
}

void the_state_of_another_browser_begins_one_fresh_login(void**)
{
    LoginWorld world;
    foreign_state(world);
    const auto again = outcome_of<LoginAgain>(world);
    test::assert_text(again.return_path, "/cart?item=1");
    assert_true(again.second_try);
    assert_true(world.needs.empty());
}

void an_error_of_another_browsers_login_is_not_believed(void**)
{
    LoginWorld world;
    foreign_state(world);
    world.answer = "error=access_denied";
    outcome_of<LoginAgain>(world);
}

void the_state_of_another_browser_is_not_followed_twice(void**)
{
    LoginWorld world;
    foreign_state(world);
    world.begun.second_try = true;
    assert_true(fault_of(world) == Fault::client);
    assert_false(world.spent_the_code());
}

void a_callback_that_comes_again_goes_to_its_page(void**)
{
    for (const bool second_try : {false, true}) {
        LoginWorld world;
        foreign_state(world);
        world.begun.second_try = second_try;
        world.session_cookies = {world.add_session(test::some_session())};
        test::assert_text(outcome_of<AlreadyLoggedIn>(world).return_path, "/cart?item=1");
        assert_int_equal(world.count<base::RemoveRecord>(), 0);
    }
}

void a_browser_without_any_cookie_is_told_that_they_are_blocked(void**)
{
    for (const bool second_try : {false, true}) {
        LoginWorld world;
        world.binding_cookies.clear();
        world.begun.second_try = second_try;
        test::assert_text(outcome_of<flow::CookiesBlocked>(world).return_path, "/cart?item=1");
    }
}

void a_session_counts_even_without_a_binding_cookie(void**)
{
    LoginWorld world;
    world.binding_cookies.clear();
    world.session_cookies = {world.add_session(test::some_session())};
    outcome_of<AlreadyLoggedIn>(world);
}

void the_session_is_found_among_tossed_cookies_and_old_keys(void**)
{
    LoginWorld world;
    foreign_state(world);
    const std::string cookie = world.add_session(test::some_session());
    world.session_cookies = {flow::new_binding(), "junk", cookie};
    world.keyring = test::keyring_of({test::second_key, test::first_key});
    outcome_of<AlreadyLoggedIn>(world);
    assert_int_equal(world.count<base::FindRecord>(), 4);
}

void a_session_past_its_limit_does_not_count(void**)
{
    LoginWorld world;
    foreign_state(world);
    flow::Session old = test::some_session();
    old.limit = now;
    world.session_cookies = {world.add_session(old)};
    outcome_of<LoginAgain>(world);
}

void a_session_of_another_provider_does_not_count(void**)
{
    LoginWorld world;
    foreign_state(world);
    world.client.provider = "second";
    const std::string cookie = world.add_session(test::some_session());
    world.client.provider = "main";
    world.session_cookies = {cookie};
    outcome_of<LoginAgain>(world);
}

void a_store_that_cannot_answer_is_no_missing_session(void**)
{
    LoginWorld world;
    foreign_state(world);
    world.session_cookies = {world.add_session(test::some_session())};
    world.store_fault = [](const auto&) { return test::Status::unavailable; };
    assert_true(fault_of(world) == Fault::store_away);
}

void a_state_of_another_provider_is_refused(void**)
{
    LoginWorld world;
    world.begun.provider = "second";
    assert_true(fault_of(world) == Fault::client);
    assert_false(world.spent_the_code());
}

// Too late.

void a_login_that_took_too_long_begins_again(void**)
{
    for (const bool second_try : {false, true}) {
        LoginWorld world;
        world.begun.second_try = second_try;
        world.begun.started = now - world.client.login_timeout - 1;
        const auto again = outcome_of<LoginAgain>(world);
        test::assert_text(again.return_path, "/cart?item=1");
        assert_true(again.second_try == second_try); // outside the loop guard
    }
}

void a_login_in_its_last_second_is_finished(void**)
{
    LoginWorld world;
    world.begun.started = now - world.client.login_timeout;
    assert_true(std::holds_alternative<flow::LoggedIn>(world.log_in()));
}

void a_login_that_took_too_long_goes_to_the_page_where_there_is_a_session(void**)
{
    LoginWorld world;
    world.begun.started = now - world.client.login_timeout - 1;
    world.session_cookies = {world.add_session(test::some_session())};
    test::assert_text(outcome_of<AlreadyLoggedIn>(world).return_path, "/cart?item=1");
}

void a_login_from_the_future_begins_again(void**)
{
    LoginWorld world;
    world.begun.started = now + world.client.clock_skew;
    assert_true(std::holds_alternative<flow::LoggedIn>(world.log_in()));
    LoginWorld beyond;
    beyond.begun.started = now + beyond.client.clock_skew + 1;
    outcome_of<LoginAgain>(beyond);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_callback_without_authentic_state_is_refused),
        cmocka_unit_test(a_callback_that_is_malformed_is_refused),
        cmocka_unit_test(no_message_has_the_state_or_the_code_in_it),
        cmocka_unit_test(the_state_of_another_browser_begins_one_fresh_login),
        cmocka_unit_test(an_error_of_another_browsers_login_is_not_believed),
        cmocka_unit_test(the_state_of_another_browser_is_not_followed_twice),
        cmocka_unit_test(a_callback_that_comes_again_goes_to_its_page),
        cmocka_unit_test(a_browser_without_any_cookie_is_told_that_they_are_blocked),
        cmocka_unit_test(a_session_counts_even_without_a_binding_cookie),
        cmocka_unit_test(the_session_is_found_among_tossed_cookies_and_old_keys),
        cmocka_unit_test(a_session_past_its_limit_does_not_count),
        cmocka_unit_test(a_session_of_another_provider_does_not_count),
        cmocka_unit_test(a_store_that_cannot_answer_is_no_missing_session),
        cmocka_unit_test(a_state_of_another_provider_is_refused),
        cmocka_unit_test(a_login_that_took_too_long_begins_again),
        cmocka_unit_test(a_login_in_its_last_second_is_finished),
        cmocka_unit_test(a_login_that_took_too_long_goes_to_the_page_where_there_is_a_session),
        cmocka_unit_test(a_login_from_the_future_begins_again),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
