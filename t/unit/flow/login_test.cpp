// From a good callback to a session, and what becomes of it in the store.

#include "flow/login.hpp"

#include "flow/login_world.hpp"
#include "support/check.hpp"

using namespace ciam;
using base::Fault;
using flow::LoggedIn;
using test::LoginWorld;
using test::now;

namespace {

LoggedIn logged_in(LoginWorld& world)
{
    return std::get<LoggedIn>(world.log_in());
}

std::string claim_of(const LoginWorld& world, const LoggedIn& outcome, const char* key)
{
    const std::string text = world.session_text(outcome.session_cookie.view());
    const auto view = flow::SessionView::parse(text);
    return std::string{view->claim(key).value_or("(none)")};
}

void a_good_callback_becomes_a_session(void**)
{
    LoginWorld world;
    const LoggedIn outcome = logged_in(world);
    test::assert_text(outcome.return_path, "/cart?item=1");
    assert_true(flow::SessionSealer::is_cookie(outcome.session_cookie.view()));
    assert_true(outcome.refused_claims.empty());
    assert_int_equal(world.records.size(), 1);

    const std::string text = world.session_text(outcome.session_cookie.view());
    const auto session = flow::SessionView::parse(text);
    assert_true(session.has_value());
    test::assert_text(std::string{session->subject()}, "customer-1");
    test::assert_text(std::string{session->sid()}, "provider-session-1");
    assert_int_equal(session->created(), now);
    assert_int_equal(session->limit(), now + world.client.session_max_lifetime);
    test::assert_text(claim_of(world, outcome, "email"), "ann@example.com");
}

void the_record_ends_at_the_configured_times(void**)
{
    LoginWorld world;
    world.client.session_timeout = 77;
    world.client.session_max_lifetime = 999;
    logged_in(world);
    const base::Record& record = world.records.begin()->second;
    assert_int_equal(record.idle_timeout, 77);
    assert_int_equal(record.limit, now + 999);
}

void the_binding_cookie_is_replaced(void**)
{
    LoginWorld world;
    const LoggedIn outcome = logged_in(world);
    assert_true(flow::is_binding(outcome.new_binding));
    assert_true(outcome.new_binding != world.binding);
}

void the_code_is_spent_once_with_verifier_and_redirect_uri(void**)
{
    LoginWorld world;
    logged_in(world);
    assert_int_equal(world.calls("/token"), 1);
    const auto form = base::Parameters::parse(world.requests.at(0).body);
    test::assert_text(form.get("code").value(), "the-code");
    test::assert_text(form.get("redirect_uri").value(), test::redirect_uri);
    test::assert_text(form.get("code_verifier").value(), world.secrets.code_verifier);
}

void no_verifier_is_sent_without_pkce(void**)
{
    LoginWorld world;
    world.client.pkce = oidc::Pkce::off;
    logged_in(world);
    assert_false(base::Parameters::parse(world.requests.at(0).body).has("code_verifier"));
}

void the_provider_is_asked_for_once_and_for_any_documents(void**)
{
    LoginWorld world;
    logged_in(world);
    assert_int_equal(world.needs.size(), 1);
    assert_int_equal(world.needs[0], 0);
}

void the_right_binding_is_found_among_tossed_cookies(void**)
{
    LoginWorld world;
    world.binding_cookies = {flow::new_binding(), world.binding};
    logged_in(world);
}

void a_session_without_sid_is_a_session(void**)
{
    LoginWorld world;
    world.id_token.sid.clear();
    const LoggedIn outcome = logged_in(world);
    const std::string text = world.session_text(outcome.session_cookie.view());
    assert_true(flow::SessionView::parse(text)->sid().empty());
    assert_int_equal(world.records.begin()->second.tags.size(), 1);
}

void only_wanted_claims_are_stored(void**)
{
    LoginWorld world;
    world.client.wanted_claims.clear();
    const LoggedIn outcome = logged_in(world);
    assert_false(test::contains(world.session_text(outcome.session_cookie.view()), "ann@"));
}

void claims_that_cannot_be_passed_on_are_named_and_not_stored(void**)
{
    LoginWorld world;
    world.id_token.email = R"("ann@example.com\r\nX-Admin: 1")";
    const LoggedIn outcome = logged_in(world);
    assert_int_equal(outcome.refused_claims.size(), 1);
    test::assert_text(outcome.refused_claims[0], "email");
    test::assert_text(claim_of(world, outcome, "email"), "(none)");
}

void no_token_is_stored_unless_it_is_used(void**)
{
    LoginWorld world;
    logged_in(world);
    assert_true(world.records.begin()->second.cold.empty());
}

void tokens_that_are_used_are_stored(void**)
{
    for (const bool hint : {false, true}) {
        LoginWorld world;
        world.client.keep_id_token = !hint;
        world.client.logout_token_hint = hint;
        world.client.keep_access_token = !hint;
        world.prepare();
        const std::string id_token = world.signed_id_token();
        world.answers["/token"].body =
            R"({"access_token":"the-access-token","token_type":"Bearer",)"
            R"("id_token":")" +
            id_token + "\"}";
        const LoggedIn outcome = logged_in(world);
        const auto tokens = world.session_tokens(outcome.session_cookie.view());
        test::assert_text(tokens.id_token, id_token);
        test::assert_text(tokens.access_token, hint ? "" : "the-access-token");
        test::assert_text(tokens.userinfo, "");
    }
}

void the_session_changes_its_cookie_at_every_login(void**)
{
    LoginWorld world;
    const LoggedIn first = logged_in(world);
    world.session_cookies = {std::string{first.session_cookie.view()}};
    const LoggedIn second = logged_in(world);
    assert_true(first.session_cookie.view() != second.session_cookie.view());
}

void the_session_that_the_browser_had_ends(void**)
{
    LoginWorld world;
    const std::string planted = world.add_session(test::some_session());
    const std::string another = world.add_session(test::some_session());
    world.add_session(test::some_session()); // of somebody else: stays
    world.session_cookies = {planted, "junk", another};
    const LoggedIn outcome = logged_in(world);
    assert_true(world.session_text(planted).empty());
    assert_true(world.session_text(another).empty());
    assert_int_equal(world.records.size(), 2);
    assert_false(world.session_text(outcome.session_cookie.view()).empty());
}

void an_old_session_of_a_rotated_key_ends_too(void**)
{
    LoginWorld world;
    world.session_cookies = {world.add_session(test::some_session())};
    world.keyring = test::keyring_of({test::second_key, test::first_key});
    const LoggedIn outcome = logged_in(world);
    assert_int_equal(world.records.size(), 1);
    assert_false(world.session_text(outcome.session_cookie.view()).empty());
}

void the_old_session_ends_after_the_new_one_is_stored(void**)
{
    LoginWorld world;
    world.session_cookies = {world.add_session(test::some_session())};
    logged_in(world);
    assert_int_equal(world.store_requests.size(), 2);
    assert_true(std::holds_alternative<base::InsertRecord>(world.store_requests[0]));
    assert_int_equal(std::get<base::InsertRecord>(world.store_requests[0]).issued_at, test::now);
    assert_true(std::holds_alternative<base::RemoveRecord>(world.store_requests[1]));
}

void a_login_begun_under_an_old_key_is_finished_after_rotation(void**)
{
    LoginWorld world;
    world.prepare();
    world.keyring = test::keyring_of({test::second_key, test::first_key});
    const LoggedIn outcome = logged_in(world);
    assert_false(world.session_text(outcome.session_cookie.view()).empty());
}

void an_unknown_key_is_asked_for_exactly_once(void**)
{
    LoginWorld world;
    world.signed_by = &test::newer_provider_key();
    world.provider_replies.push_back(
        {world.documents(test::metadata_text(), test::key_set(test::newer_provider_key()), 2),
         std::nullopt});
    logged_in(world);
    assert_int_equal(world.needs.size(), 2);
    assert_int_equal(world.needs[1], 1); // newer than what it had
    assert_int_equal(world.calls("/token"), 1);
}

void a_key_that_stays_unknown_ends_the_login(void**)
{
    LoginWorld world;
    world.signed_by = &test::newer_provider_key(); // never among the provider's keys
    assert_true(test::fault_of([&] { world.log_in(); }) == Fault::provider);
    assert_int_equal(world.needs.size(), 2);
    assert_false(world.stored_something());
}

void newer_keys_that_cannot_be_had_end_the_login_with_their_error(void**)
{
    LoginWorld world;
    world.signed_by = &test::newer_provider_key();
    world.provider_replies.push_back({nullptr, base::Error{Fault::provider_timeout, "late"}});
    assert_true(test::fault_of([&] { world.log_in(); }) == Fault::provider_timeout);
    assert_false(world.stored_something());
}

void a_token_without_kid_is_verified_with_the_keys_at_hand(void**)
{
    LoginWorld world;
    world.token_header = R"({"alg":"ES256"})";
    logged_in(world);
    assert_int_equal(world.needs.size(), 1);
}

std::optional<Fault> fault_with_store(LoginWorld& world, test::Status status)
{
    world.store_fault = [status](const base::StoreRequest& request) {
        const bool inserts = std::holds_alternative<base::InsertRecord>(request);
        return inserts ? status : test::Status::done;
    };
    return test::fault_of([&] { world.log_in(); });
}

void nobody_is_logged_in_whose_session_was_not_stored(void**)
{
    const std::pair<test::Status, Fault> cases[] = {
        {test::Status::unavailable, Fault::store_away},
        {test::Status::conflict, Fault::internal},
        {test::Status::absent, Fault::internal},
        {test::Status::too_large, Fault::configuration},
        {test::Status::ended, Fault::client}, // logged out at the provider meanwhile
    };
    for (const auto& [status, fault] : cases) {
        LoginWorld world;
        world.session_cookies = {world.add_session(test::some_session())};
        assert_true(fault_with_store(world, status) == fault);
        assert_int_equal(world.count<base::RemoveRecord>(), 0); // the old one stays
    }
}

void a_store_that_cannot_end_the_old_session_ends_the_login(void**)
{
    LoginWorld world;
    world.session_cookies = {world.add_session(test::some_session())};
    world.store_fault = [](const base::StoreRequest& request) {
        const bool removes = std::holds_alternative<base::RemoveRecord>(request);
        return removes ? test::Status::unavailable : test::Status::done;
    };
    assert_true(test::fault_of([&] { world.log_in(); }) == Fault::store_away);
}

/// A login that asks everything there is to ask.
void make_long(LoginWorld& world)
{
    world.client.userinfo = oidc::UserinfoMode::on;
    world.client.keep_id_token = true;
    world.client.keep_userinfo = true;
    world.signed_by = &test::newer_provider_key();
    world.provider_replies.push_back({world.documents(test::metadata_text(test::userinfo_member()),
                                                      test::key_set(test::newer_provider_key()), 2),
                                      std::nullopt});
    world.session_cookies = {world.add_session(test::some_session()), flow::new_binding()};
}

void it_may_be_destroyed_at_every_step(void**)
{
    std::size_t steps = 0;
    bool finished = false;
    for (; !finished; steps++) {
        assert_in_range(steps, 0, 20);
        for (const bool waits : {false, true}) {
            LoginWorld world;
            make_long(world);
            world.prepare();
            flow::Login flow{world.client, world.sealing(), world.request(), now};
            finished = world.run(flow, steps).has_value();
            if (waits && !finished) {
                flow.next();
            }
        }
    }
    assert_int_equal(steps - 1, 8); // seven questions and the outcome
}

void nothing_is_stored_before_the_last_check(void**)
{
    LoginWorld world;
    make_long(world);
    logged_in(world);
    assert_int_equal(world.calls("/token") + world.calls("/userinfo"), 2);
    assert_int_equal(world.needs.size(), 2);
    assert_int_equal(world.store_requests.size(), 3);

    for (std::size_t steps = 0; steps <= 4; steps++) {
        LoginWorld cut;
        make_long(cut);
        cut.prepare();
        flow::Login flow{cut.client, cut.sealing(), cut.request(), now};
        cut.run(flow, steps);
        assert_true(cut.store_requests.empty());
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_good_callback_becomes_a_session),
        cmocka_unit_test(the_record_ends_at_the_configured_times),
        cmocka_unit_test(the_binding_cookie_is_replaced),
        cmocka_unit_test(the_code_is_spent_once_with_verifier_and_redirect_uri),
        cmocka_unit_test(no_verifier_is_sent_without_pkce),
        cmocka_unit_test(the_provider_is_asked_for_once_and_for_any_documents),
        cmocka_unit_test(the_right_binding_is_found_among_tossed_cookies),
        cmocka_unit_test(a_session_without_sid_is_a_session),
        cmocka_unit_test(only_wanted_claims_are_stored),
        cmocka_unit_test(claims_that_cannot_be_passed_on_are_named_and_not_stored),
        cmocka_unit_test(no_token_is_stored_unless_it_is_used),
        cmocka_unit_test(tokens_that_are_used_are_stored),
        cmocka_unit_test(the_session_changes_its_cookie_at_every_login),
        cmocka_unit_test(the_session_that_the_browser_had_ends),
        cmocka_unit_test(an_old_session_of_a_rotated_key_ends_too),
        cmocka_unit_test(the_old_session_ends_after_the_new_one_is_stored),
        cmocka_unit_test(a_login_begun_under_an_old_key_is_finished_after_rotation),
        cmocka_unit_test(an_unknown_key_is_asked_for_exactly_once),
        cmocka_unit_test(a_key_that_stays_unknown_ends_the_login),
        cmocka_unit_test(newer_keys_that_cannot_be_had_end_the_login_with_their_error),
        cmocka_unit_test(a_token_without_kid_is_verified_with_the_keys_at_hand),
        cmocka_unit_test(nobody_is_logged_in_whose_session_was_not_stored),
        cmocka_unit_test(a_store_that_cannot_end_the_old_session_ends_the_login),
        cmocka_unit_test(it_may_be_destroyed_at_every_step),
        cmocka_unit_test(nothing_is_stored_before_the_last_check),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
