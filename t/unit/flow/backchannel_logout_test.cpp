#include "flow/backchannel_logout.hpp"

#include "flow/world.hpp"
#include "oidc/example.hpp"
#include "support/check.hpp"

using namespace ciam;
using base::Fault;
using flow::BackchannelLogout;
using test::now;
using test::some_session;
using test::Status;

namespace {

constexpr const char* event = R"({"http://schemas.openid.net/event/backchannel-logout":{}})";

test::JsonText claims()
{
    return {{"iss", '"' + std::string{test::issuer} + '"'},
            {"aud", R"("shop")"},
            {"iat", std::to_string(now - 5)},
            {"exp", std::to_string(now + 60)},
            {"jti", R"("once")"},
            {"events", event},
            {"sub", R"("customer-1")"}};
}

struct LogoutWorld : test::World {
    LogoutWorld() { provider_has(); }

    std::optional<flow::SessionSealer> sealing;

    BackchannelLogout begin(const std::string& form)
    {
        sealing.emplace(keyring, client);
        return {client, *sealing, {base::Secret{form}, std::nullopt}, now};
    }
    bool log_out(const test::JsonText& with, const test::SigningKey& key = test::provider_key())
    {
        auto flow = begin("logout_token=" + key.sign(with.text()));
        return run(flow).has_value();
    }
    std::optional<Fault> fault(const test::JsonText& with)
    {
        return test::fault_of([&] { log_out(with); });
    }
    std::size_t sessions() const { return records.size() - count<base::InsertRecord>(); }
};

void ends_every_session_of_the_customer(void**)
{
    LogoutWorld world;
    world.add_session(some_session());
    auto second = some_session();
    second.sid = "another-one";
    world.add_session(second);
    auto somebody = some_session();
    somebody.subject = "customer-2";
    world.add_session(somebody);
    assert_true(world.log_out(claims()));
    assert_int_equal(world.sessions(), 1);
}

void ends_the_session_that_is_named_and_no_other(void**)
{
    for (const bool with_sub : {true, false}) {
        LogoutWorld world;
        world.add_session(some_session());
        auto second = some_session();
        second.sid = "another-one";
        world.add_session(second);
        auto token = claims().set("sid", R"("another-one")");
        assert_true(world.log_out(with_sub ? token : token.remove("sub")));
        assert_int_equal(world.sessions(), 1);
        assert_int_equal(world.count<base::RemoveTagged>(), 1);
    }
}

void ends_sessions_that_were_tagged_under_an_older_key(void**)
{
    LogoutWorld world;
    world.add_session(some_session());
    world.keyring = test::keyring_of({test::second_key, test::first_key});
    world.add_session(some_session());
    assert_true(world.log_out(claims()));
    assert_int_equal(world.sessions(), 0);
}

void a_login_that_is_under_way_is_ended_with_the_others(void**)
{
    LogoutWorld world;
    assert_true(world.log_out(claims()));
    const auto* removal = std::get_if<base::RemoveTagged>(&world.store_requests.front());
    assert_non_null(removal);
    assert_int_equal(removal->not_after, now - 5);
    assert_int_equal(removal->now, now);
    assert_int_equal(removal->keep_until,
                     now + world.client.login_timeout + world.client.clock_skew);
}

void a_token_counts_once(void**)
{
    LogoutWorld world;
    assert_true(world.log_out(claims()));
    assert_true(world.fault(claims()) == Fault::provider);
    assert_true(world.log_out(claims().set("jti", R"("twice")")));
}

void a_token_is_remembered_as_long_as_it_counts(void**)
{
    LogoutWorld world;
    assert_true(world.log_out(claims()));
    const auto* seen = std::get_if<base::InsertRecord>(&world.store_requests.back());
    assert_non_null(seen);
    assert_int_equal(seen->record.limit, now + 60 + world.client.clock_skew);
    assert_int_equal(seen->record.idle_timeout, 60 + world.client.clock_skew);
    assert_true(seen->record.tags.empty());
}

void nothing_is_asked_of_the_store_for_a_token_that_is_not_valid(void**)
{
    LogoutWorld world;
    world.add_session(some_session());
    assert_true(world.fault(claims().set("aud", R"("blog")")) == Fault::provider);
    assert_true(world.store_requests.empty());
}

void newer_keys_are_asked_for_once(void**)
{
    LogoutWorld world;
    const auto keys = test::key_set(test::newer_provider_key());
    world.provider_replies.push_back(
        {world.documents(test::metadata_text(), keys, 2), std::nullopt});
    assert_true(world.log_out(claims(), test::newer_provider_key()));
    assert_int_equal(world.needs.size(), 2);
    assert_int_equal(world.needs.back(), 1);

    LogoutWorld without;
    assert_true(test::fault_of([&] { without.log_out(claims(), test::newer_provider_key()); }) ==
                Fault::provider);
    assert_int_equal(without.needs.size(), 2);
}

void a_token_that_no_key_can_check_is_told_apart_from_a_wrong_one(void**)
{
    LogoutWorld world;
    world.provider_replies = {{nullptr, base::Error{Fault::provider, "no keys"}}};
    assert_true(world.fault(claims()) == Fault::provider_away);
    world.provider_replies = {{nullptr, std::nullopt}};
    assert_true(world.fault(claims()) == Fault::provider_away);
}

void a_store_that_is_away_confirms_nothing(void**)
{
    for (const std::size_t kind : {std::size_t{4}, std::size_t{1}}) { // removal, remembering
        LogoutWorld world;
        world.store_fault = [kind](const base::StoreRequest& request) {
            return request.index() == kind ? Status::unavailable : Status::done;
        };
        assert_true(world.fault(claims()) == Fault::store_away);
        world.store_fault = nullptr; // and the provider may tell it once more
        assert_true(world.log_out(claims()));
    }
}

void a_store_that_refuses_to_remember_is_a_failure(void**)
{
    LogoutWorld world;
    world.store_fault = [](const base::StoreRequest& request) {
        const bool is_insert = std::holds_alternative<base::InsertRecord>(request);
        return is_insert ? Status::too_large : Status::done;
    };
    assert_true(world.fault(claims()) == Fault::internal);
}

void a_form_without_one_token_is_refused(void**)
{
    for (const char* form : {"", "token=1", "logout_token=a&logout_token=b", "%"}) {
        LogoutWorld world;
        const auto act = [&] {
            auto flow = world.begin(form);
            world.run(flow);
        };
        assert_true(test::fault_of(act) == Fault::client);
        assert_true(world.needs.empty());
    }
}

void an_unencrypted_token_is_refused_where_encryption_was_agreed_on(void**)
{
    LogoutWorld world;
    world.client.decryption_key = jose::DecryptionKey::from_client_secret("0123456789abcdef");
    const auto act = [&] { world.log_out(claims()); };
    assert_true(test::fault_of(act) == Fault::provider);
    assert_true(test::contains(test::message_of(act), "logout token is not encrypted"));
}

void may_be_left_at_any_step(void**)
{
    for (std::size_t steps = 0; steps < 6; steps++) {
        LogoutWorld world;
        auto flow = world.begin("logout_token=" + test::provider_key().sign(claims().text()));
        world.run(flow, steps);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(ends_every_session_of_the_customer),
        cmocka_unit_test(ends_the_session_that_is_named_and_no_other),
        cmocka_unit_test(ends_sessions_that_were_tagged_under_an_older_key),
        cmocka_unit_test(a_login_that_is_under_way_is_ended_with_the_others),
        cmocka_unit_test(a_token_counts_once),
        cmocka_unit_test(a_token_is_remembered_as_long_as_it_counts),
        cmocka_unit_test(nothing_is_asked_of_the_store_for_a_token_that_is_not_valid),
        cmocka_unit_test(newer_keys_are_asked_for_once),
        cmocka_unit_test(a_token_that_no_key_can_check_is_told_apart_from_a_wrong_one),
        cmocka_unit_test(a_store_that_is_away_confirms_nothing),
        cmocka_unit_test(a_store_that_refuses_to_remember_is_a_failure),
        cmocka_unit_test(a_form_without_one_token_is_refused),
        cmocka_unit_test(an_unencrypted_token_is_refused_where_encryption_was_agreed_on),
        cmocka_unit_test(may_be_left_at_any_step),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
