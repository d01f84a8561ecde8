// What a refresh refuses, what the provider's failures leave, and what becomes of tokens for which
// there is no place any more.

#include "flow/refresh.hpp"

#include "flow/refresh_world.hpp"
#include "support/check.hpp"

using namespace ciam;
using base::Fault;
using test::now;
using test::RefreshWorld;
using test::some_session;
using test::Status;

namespace {

std::optional<Fault> fault_of_refresh(RefreshWorld& world)
{
    return test::fault_of([&] { world.refresh(); });
}

void assert_refused(const std::string& name, const std::string& value, const std::string& reason)
{
    RefreshWorld world;
    world.id_token[name] = value;
    const auto message = test::message_of([&] { world.refresh(); });
    if (!test::contains(message, reason) || !world.is_untouched()) {
        fail_msg("%s %s: \"%s\"", name.c_str(), value.c_str(), message.c_str());
    }
}

// OIDC Core 12.2
void an_id_token_that_says_something_else_than_the_first_is_refused(void**)
{
    assert_refused("iss", "\"https://other.example.com\"", "iss");
    assert_refused("iss", "", "iss");
    assert_refused("sub", "\"customer-2\"", "sub");
    assert_refused("sub", "", "sub");
    assert_refused("aud", "\"another\"", "aud");
    assert_refused("aud", R"(["shop","another"])", "azp");
    assert_refused("azp", "\"another\"", "azp");
    assert_refused("iat", std::to_string(now - 71), "iat");
    assert_refused("iat", std::to_string(now + 61), "iat");
    assert_refused("iat", "", "iat");
    assert_refused("exp", std::to_string(now - 60), "exp");
    assert_refused("auth_time", std::to_string(now), "auth_time");
    assert_refused("nonce", "\"another\"", "nonce");
    assert_refused("nonce", "\"\"", "nonce");
    assert_refused("at_hash", "\"another\"", "at_hash");
    assert_refused("events", "{}", "events");
}

void an_id_token_that_repeats_the_first_is_taken(void**)
{
    RefreshWorld world;
    world.id_token["nonce"] = "\"" + std::string{test::first_nonce} + "\"";
    world.id_token["auth_time"] = std::to_string(test::first_auth_time);
    world.id_token["azp"] = "\"shop\"";
    world.id_token["iat"] = std::to_string(now - 70); // within clock_skew
    assert_true(world.ends_with<flow::Refreshed>());
}

void auth_time_may_come_late(void**)
{
    RefreshWorld world;
    auto tokens = RefreshWorld::tokens_of_login();
    tokens.auth_time = 0;
    world.put(some_session(), tokens);
    world.id_token["auth_time"] = std::to_string(now - 5);
    assert_true(world.ends_with<flow::Refreshed>());
}

void an_id_token_of_another_key_is_refused_after_newer_keys_were_asked_for(void**)
{
    RefreshWorld world;
    world.signed_by = &test::newer_provider_key();
    assert_true(fault_of_refresh(world) == Fault::provider);
    assert_true(world.needs == (std::vector<std::uint64_t>{0, 1}));
    assert_int_equal(world.calls("/token"), 1);
    assert_true(world.is_untouched());
}

void a_key_that_is_new_is_asked_for(void**)
{
    RefreshWorld world;
    world.signed_by = &test::newer_provider_key();
    world.provider_replies.push_back(
        {world.documents(test::metadata_text(), test::key_set(test::newer_provider_key()), 2),
         std::nullopt});
    assert_true(world.ends_with<flow::Refreshed>());
    assert_int_equal(world.calls("/token"), 1);
}

void a_provider_that_fails_changes_nothing(void**)
{
    const std::pair<base::HttpResponse, Fault> failures[] = {
        {test::json_answer("{}", 500), Fault::provider_away},
        {test::json_answer(R"({"error":"server_error"})", 502), Fault::provider_away},
        {test::json_answer("{}", 429), Fault::provider_busy},
        {test::json_answer("{}", 503), Fault::provider_busy},
        {test::timeout_answer(), Fault::provider_timeout},
        {test::json_answer(R"({"error":"invalid_client"})", 401), Fault::configuration},
        {test::json_answer(R"({"error":"invalid_request"})", 400), Fault::provider},
        {test::json_answer("not JSON"), Fault::provider},
        {test::json_answer("{}", 404), Fault::provider},
        {test::json_answer(R"({"token_type":"Bearer"})"), Fault::provider},
        {test::json_answer(R"({"access_token":"a","token_type":"DPoP"})"), Fault::provider},
        {test::json_answer(R"({"access_token":"a","token_type":"Bearer","id_token":"x"})"),
         Fault::provider},
        {test::json_answer(R"({"access_token":"a","token_type":"Bearer","refresh_token":""})"),
         Fault::provider},
    };
    for (const auto& [answer, fault] : failures) {
        RefreshWorld world;
        world.answers["/token"] = answer;
        assert_true(fault_of_refresh(world) == fault);
        assert_true(world.is_untouched());
    }
}

void a_provider_that_was_never_reached_is_not_called(void**)
{
    RefreshWorld world;
    world.provider_replies = {{nullptr, base::Error{Fault::provider_away, "no metadata"}}};
    assert_true(fault_of_refresh(world) == Fault::provider_away);
    assert_true(world.requests.empty() && world.is_untouched());
}

// invalid_grant

base::HttpResponse invalid_grant(int status = 400)
{
    return test::json_answer(R"({"error":"invalid_grant"})", status);
}

void a_refresh_token_that_is_refused_ends_the_session(void**)
{
    for (const int status : {400, 401, 200, 500}) {
        RefreshWorld world;
        world.answers["/token"] = invalid_grant(status);
        assert_true(world.ends_with<flow::SessionEnded>());
        assert_false(world.has_session());
    }
}

/// Has `change` happen when the flow looks for the second time.
void meanwhile(RefreshWorld& world, const std::function<void()>& change)
{
    world.store_fault = [&world, change, looks = 0](const base::StoreRequest& request) mutable {
        if (std::holds_alternative<base::FindRecord>(request) && ++looks == 2) {
            change();
        }
        return Status::done;
    };
}

void a_refresh_token_that_a_sibling_has_spent_ends_nothing(void**)
{
    RefreshWorld world;
    world.answers["/token"] = invalid_grant();
    meanwhile(world, [&] { world.is_refreshed_elsewhere(); });
    assert_true(world.ends_with<flow::Refreshed>());
    assert_true(world.has_session());
    test::assert_text(world.tokens().refresh_token, "token-of-another");
}

void a_session_that_ended_meanwhile_needs_no_end(void**)
{
    RefreshWorld world;
    world.answers["/token"] = invalid_grant();
    meanwhile(world, [&] { world.records.clear(); });
    assert_true(world.ends_with<flow::SessionGone>());
    assert_int_equal(world.count<base::RemoveRecord>(), 0);
}

void a_store_that_cannot_be_asked_ends_no_session(void**)
{
    for (const int fails_at : {2, 3}) {
        RefreshWorld world;
        world.answers["/token"] = invalid_grant();
        world.store_fault = [fails_at, asked = 0](const auto&) mutable {
            return ++asked == fails_at ? Status::unavailable : Status::done;
        };
        assert_true(fault_of_refresh(world) == Fault::store_away);
        assert_true(world.has_session());
    }
}

// Tokens for which there is no place

/// Has this come of each replacement, of which there are `times`.
void replacements_end_with(RefreshWorld& world, Status status, int times = 1)
{
    world.store_fault = [status, times](const base::StoreRequest& request) mutable {
        return std::holds_alternative<base::ReplaceRecord>(request) && times-- > 0 ? status
                                                                                   : Status::done;
    };
}

void tokens_of_a_session_that_has_vanished_are_revoked(void**)
{
    RefreshWorld world;
    replacements_end_with(world, Status::absent);
    assert_true(world.ends_with<flow::SessionGone>());
    assert_int_equal(world.calls("/revoke"), 1);
    test::assert_text(world.form("/revoke").get("token").value(), "new-refresh-token");
    test::assert_text(world.form("/revoke").get("token_type_hint").value(), "refresh_token");
}

void without_a_new_refresh_token_the_old_one_is_revoked(void**)
{
    RefreshWorld world;
    world.response["refresh_token"] = "";
    replacements_end_with(world, Status::absent);
    assert_true(world.ends_with<flow::SessionGone>());
    test::assert_text(world.form("/revoke").get("token").value(), "old-refresh-token");
}

void a_revocation_that_fails_matters_to_nobody(void**)
{
    RefreshWorld world;
    world.answers["/revoke"] = test::timeout_answer();
    replacements_end_with(world, Status::absent);
    assert_true(world.ends_with<flow::SessionGone>());
    assert_int_equal(world.calls("/revoke"), 1);
}

void a_provider_without_revocation_is_not_asked_for_it(void**)
{
    RefreshWorld world;
    world.provider_has();
    replacements_end_with(world, Status::absent);
    assert_true(world.ends_with<flow::SessionGone>());
    assert_int_equal(world.requests.size(), 1);
}

void tokens_are_stored_as_soon_as_the_store_is_back(void**)
{
    RefreshWorld world;
    world.prepare();
    const auto sealing = world.sealer();
    flow::Refresh flow{world.client, sealing, world.request(), now};
    replacements_end_with(world, Status::unavailable, 2);
    assert_true(std::holds_alternative<flow::NotStored>(*world.run(flow)));
    assert_true(std::holds_alternative<flow::NotStored>(*world.run(flow)));
    assert_true(std::holds_alternative<flow::Refreshed>(*world.run(flow)));
    test::assert_text(world.tokens().refresh_token, "new-refresh-token");
    assert_int_equal(world.calls("/token"), 1);
}

void a_version_that_a_sibling_has_written_stays(void**)
{
    RefreshWorld world;
    world.store_fault = [&world](const base::StoreRequest& request) {
        if (std::holds_alternative<base::ReplaceRecord>(request)) {
            world.is_refreshed_elsewhere();
        }
        return Status::done;
    };
    assert_true(world.ends_with<flow::Refreshed>());
    test::assert_text(world.tokens().refresh_token, "token-of-another");
    assert_int_equal(world.calls("/revoke"), 0); // which might end the sibling's too
}

void tokens_go_beside_what_was_written_for_another_reason(void**)
{
    RefreshWorld world;
    bool is_first = true;
    world.store_fault = [&](const base::StoreRequest& request) {
        if (std::holds_alternative<base::ReplaceRecord>(request) &&
            std::exchange(is_first, false)) {
            ++world.records.begin()->second.version;
        }
        return Status::done;
    };
    assert_true(world.ends_with<flow::Refreshed>());
    assert_int_equal(world.count<base::ReplaceRecord>(), 2);
    test::assert_text(world.tokens().refresh_token, "new-refresh-token");
}

void a_conflict_with_a_removal_revokes(void**)
{
    RefreshWorld world;
    world.store_fault = [&world](const base::StoreRequest& request) {
        const bool is_replacement = std::holds_alternative<base::ReplaceRecord>(request);
        if (is_replacement) {
            world.records.clear();
        }
        return is_replacement ? Status::conflict : Status::done;
    };
    assert_true(world.ends_with<flow::SessionGone>());
    assert_int_equal(world.calls("/revoke"), 1);
}

void a_conflict_that_cannot_be_looked_at_is_tried_again(void**)
{
    RefreshWorld world;
    world.prepare();
    const auto sealing = world.sealer();
    flow::Refresh flow{world.client, sealing, world.request(), now};
    world.store_fault = [asked = 0](const base::StoreRequest&) mutable {
        ++asked;
        return asked == 2 ? Status::conflict : asked == 3 ? Status::unavailable : Status::done;
    };
    assert_true(std::holds_alternative<flow::NotStored>(*world.run(flow)));
    assert_true(std::holds_alternative<flow::Refreshed>(*world.run(flow)));
    test::assert_text(world.tokens().refresh_token, "new-refresh-token");
}

void a_session_that_has_grown_too_large_is_a_failure_of_its_own(void**)
{
    RefreshWorld world;
    replacements_end_with(world, Status::too_large);
    assert_true(fault_of_refresh(world) == Fault::internal);
}

void it_says_how_long_the_provider_wants_to_be_left_alone(void**)
{
    RefreshWorld world;
    world.answers["/token"] = test::json_answer("{}", 429);
    world.answers["/token"].retry_after = 7;
    const auto sealing = world.sealer();
    flow::Refresh flow{world.client, sealing, world.request(), now};
    assert_false(flow.retry_after().has_value());
    assert_true(test::fault_of([&] { world.run(flow); }) == Fault::provider_busy);
    assert_int_equal(flow.retry_after().value(), 7);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(an_id_token_that_says_something_else_than_the_first_is_refused),
        cmocka_unit_test(an_id_token_that_repeats_the_first_is_taken),
        cmocka_unit_test(auth_time_may_come_late),
        cmocka_unit_test(an_id_token_of_another_key_is_refused_after_newer_keys_were_asked_for),
        cmocka_unit_test(a_key_that_is_new_is_asked_for),
        cmocka_unit_test(a_provider_that_fails_changes_nothing),
        cmocka_unit_test(a_provider_that_was_never_reached_is_not_called),
        cmocka_unit_test(a_refresh_token_that_is_refused_ends_the_session),
        cmocka_unit_test(a_refresh_token_that_a_sibling_has_spent_ends_nothing),
        cmocka_unit_test(a_session_that_ended_meanwhile_needs_no_end),
        cmocka_unit_test(a_store_that_cannot_be_asked_ends_no_session),
        cmocka_unit_test(tokens_of_a_session_that_has_vanished_are_revoked),
        cmocka_unit_test(without_a_new_refresh_token_the_old_one_is_revoked),
        cmocka_unit_test(a_revocation_that_fails_matters_to_nobody),
        cmocka_unit_test(a_provider_without_revocation_is_not_asked_for_it),
        cmocka_unit_test(tokens_are_stored_as_soon_as_the_store_is_back),
        cmocka_unit_test(a_version_that_a_sibling_has_written_stays),
        cmocka_unit_test(tokens_go_beside_what_was_written_for_another_reason),
        cmocka_unit_test(a_conflict_with_a_removal_revokes),
        cmocka_unit_test(a_conflict_that_cannot_be_looked_at_is_tried_again),
        cmocka_unit_test(a_session_that_has_grown_too_large_is_a_failure_of_its_own),
        cmocka_unit_test(it_says_how_long_the_provider_wants_to_be_left_alone),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
