#include "flow/refresh.hpp"

#include "flow/refresh_world.hpp"
#include "support/check.hpp"

using namespace ciam;
using test::now;
using test::RefreshWorld;
using test::some_session;

namespace {

std::string claim_of(const flow::SessionView& session, const char* key)
{
    return std::string{session.claim(key).value_or("")};
}

void an_expired_token_is_replaced(void**)
{
    RefreshWorld world;
    assert_true(world.ends_with<flow::Refreshed>());
    test::assert_text(world.tokens().access_token, "new-access-token");
    test::assert_text(world.tokens().refresh_token, "new-refresh-token");
    assert_int_equal(world.session().token_expiry(), now + 600);
    assert_int_equal(world.session().generation(), 2);
    assert_int_equal(world.calls("/token"), 1);
}

void the_refresh_token_is_sent_with_the_clients_proof(void**)
{
    RefreshWorld world;
    world.refresh();
    const auto form = world.form("/token");
    test::assert_text(form.get("grant_type").value(), "refresh_token");
    test::assert_text(form.get("refresh_token").value(), "old-refresh-token");
    assert_false(form.has("scope"));
    const auto& headers = world.requests.back().headers;
    assert_true(std::any_of(headers.begin(), headers.end(),
                            [](const auto& header) { return header.first == "Authorization"; }));
}

void the_session_stays_what_it_was(void**)
{
    RefreshWorld world;
    const auto limit = world.record().limit;
    const auto tags = world.record().tags;
    world.refresh();
    const auto session = world.session();
    test::assert_text(std::string{session.subject()}, "customer-1");
    test::assert_text(std::string{session.sid()}, "provider-session-1");
    assert_int_equal(session.created(), now - 10);
    assert_int_equal(session.limit(), now + 1000);
    assert_int_equal(world.record().limit, limit);
    assert_true(world.record().tags == tags);
    assert_int_equal(world.tokens().auth_time, test::first_auth_time);
}

void a_second_refresh_sends_what_the_first_brought(void**)
{
    RefreshWorld world;
    world.refresh();
    world.generation = 2;
    assert_true(world.ends_with<flow::Refreshed>());
    test::assert_text(world.form("/token").get("refresh_token").value(), "new-refresh-token");
    assert_int_equal(world.session().generation(), 3);
}

void a_refresh_token_that_is_not_rotated_stays(void**)
{
    RefreshWorld world;
    world.response["refresh_token"] = "";
    world.refresh();
    test::assert_text(world.tokens().refresh_token, "old-refresh-token");
}

void claims_come_from_the_new_id_token_and_stay_where_it_has_none(void**)
{
    RefreshWorld world;
    world.refresh();
    test::assert_text(claim_of(world.session(), "email"), "new@example.com");
    test::assert_text(claim_of(world.session(), "name"), "Ann");
}

void a_claim_that_cannot_be_passed_on_goes_and_is_named(void**)
{
    RefreshWorld world;
    world.id_token["email"] = R"("a\nb")";
    const auto outcome = world.refresh();
    assert_false(world.session().claim("email").has_value());
    test::assert_text(std::get<flow::Refreshed>(outcome).refused_claims.at(0), "email");
}

void without_an_id_token_claims_and_the_old_one_stay(void**)
{
    RefreshWorld world;
    world.client.keep_id_token = true;
    auto tokens = RefreshWorld::tokens_of_login();
    tokens.id_token = "old.id.token";
    world.put(some_session(), tokens);
    world.id_token.clear();
    assert_true(world.ends_with<flow::Refreshed>());
    test::assert_text(world.tokens().id_token, "old.id.token");
    test::assert_text(claim_of(world.session(), "email"), "ann@example.com");
}

void the_new_id_token_is_kept_where_one_is(void**)
{
    RefreshWorld world;
    world.client.keep_id_token = true;
    world.refresh();
    const auto kept = world.tokens().id_token;
    assert_true(kept.starts_with("ey"));
    RefreshWorld other;
    other.refresh();
    assert_true(other.tokens().id_token.empty());
}

void no_access_token_is_kept_that_nobody_reads(void**)
{
    RefreshWorld world;
    world.client.keep_access_token = false;
    auto tokens = RefreshWorld::tokens_of_login();
    tokens.access_token = "";
    world.put(some_session(), tokens);
    assert_true(world.ends_with<flow::Refreshed>());
    assert_true(world.tokens().access_token.empty());
}

void without_expires_in_a_token_is_good_as_long_as_the_id_token(void**)
{
    RefreshWorld world;
    world.response["expires_in"] = "";
    world.refresh();
    assert_int_equal(world.session().token_expiry(), now + 300);
}

void without_either_nobody_knows(void**)
{
    RefreshWorld world;
    world.response["expires_in"] = "";
    world.id_token.clear();
    world.refresh();
    assert_int_equal(world.session().token_expiry(), 0);
}

void the_newest_version_is_asked_for(void**)
{
    RefreshWorld world;
    world.refresh();
    assert_true(std::get<base::FindRecord>(world.store_requests.front()).newest);
}

// No call

void a_session_that_was_refreshed_meanwhile_is_left_alone(void**)
{
    RefreshWorld world;
    world.is_refreshed_elsewhere();
    assert_true(world.ends_with<flow::Refreshed>());
    assert_true(world.requests.empty());
    assert_int_equal(world.count<base::ReplaceRecord>(), 0);
}

void a_session_without_refresh_token_needs_no_call(void**)
{
    RefreshWorld world;
    auto tokens = RefreshWorld::tokens_of_login();
    tokens.refresh_token = "";
    world.put(some_session(), tokens);
    assert_true(world.ends_with<flow::NoRefreshToken>());
    assert_true(world.requests.empty());
}

void a_session_that_is_gone_needs_no_call(void**)
{
    RefreshWorld world;
    world.records.clear();
    assert_true(world.ends_with<flow::SessionGone>());
    RefreshWorld late;
    flow::Session over = some_session();
    over.limit = now;
    late.put(over, RefreshWorld::tokens_of_login());
    assert_true(late.ends_with<flow::SessionGone>());
    assert_true(world.requests.empty() && late.requests.empty());
}

void a_record_that_somebody_has_damaged_is_no_session(void**)
{
    for (const bool hot : {true, false}) {
        RefreshWorld world;
        auto& record = world.records.begin()->second;
        (hot ? record.hot : record.cold).back() ^= 1;
        assert_true(world.ends_with<flow::SessionGone>());
        assert_true(world.requests.empty());
    }
}

void no_refresh_token_is_spent_while_the_store_is_away(void**)
{
    RefreshWorld world;
    world.store_fault = [](const auto&) { return test::Status::unavailable; };
    assert_true(test::fault_of([&] { world.refresh(); }) == base::Fault::store_away);
    assert_true(world.requests.empty());
}

void it_may_be_destroyed_at_every_step(void**)
{
    for (std::size_t steps = 0; steps <= 5; steps++) {
        RefreshWorld world;
        world.stop_after(steps);
        assert_int_equal(world.count<base::ReplaceRecord>(), steps >= 4 ? 1 : 0);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(an_expired_token_is_replaced),
        cmocka_unit_test(the_refresh_token_is_sent_with_the_clients_proof),
        cmocka_unit_test(the_session_stays_what_it_was),
        cmocka_unit_test(a_second_refresh_sends_what_the_first_brought),
        cmocka_unit_test(a_refresh_token_that_is_not_rotated_stays),
        cmocka_unit_test(claims_come_from_the_new_id_token_and_stay_where_it_has_none),
        cmocka_unit_test(a_claim_that_cannot_be_passed_on_goes_and_is_named),
        cmocka_unit_test(without_an_id_token_claims_and_the_old_one_stay),
        cmocka_unit_test(the_new_id_token_is_kept_where_one_is),
        cmocka_unit_test(no_access_token_is_kept_that_nobody_reads),
        cmocka_unit_test(without_expires_in_a_token_is_good_as_long_as_the_id_token),
        cmocka_unit_test(without_either_nobody_knows),
        cmocka_unit_test(the_newest_version_is_asked_for),
        cmocka_unit_test(a_session_that_was_refreshed_meanwhile_is_left_alone),
        cmocka_unit_test(a_session_without_refresh_token_needs_no_call),
        cmocka_unit_test(a_session_that_is_gone_needs_no_call),
        cmocka_unit_test(a_record_that_somebody_has_damaged_is_no_session),
        cmocka_unit_test(no_refresh_token_is_spent_while_the_store_is_away),
        cmocka_unit_test(it_may_be_destroyed_at_every_step),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
