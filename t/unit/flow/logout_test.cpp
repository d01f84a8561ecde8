#include "flow/logout.hpp"

#include "flow/world.hpp"
#include "support/check.hpp"

using namespace ciam;
using base::Fault;
using flow::FrontChannelLogout;
using flow::Logout;
using test::now;
using test::some_session;

namespace {

const std::string& end_session_member()
{
    static const std::string text =
        R"(,"end_session_endpoint":")" + std::string{test::issuer} + "/logout\"";
    return text;
}

/// A sealer that lives as long as the flow that uses it.
struct LogoutWorld : test::World {
    std::optional<flow::SessionSealer> sealing;

    flow::LoggedOut log_out(const std::vector<std::string>& cookies,
                            const std::string& post_logout_redirect_uri = "",
                            bool is_return_checked = false)
    {
        sealing.emplace(keyring, client);
        Logout flow{client, *sealing, {cookies, post_logout_redirect_uri, is_return_checked}, now};
        return run(flow).value();
    }

    bool front_channel(const std::vector<std::string>& cookies, const std::string& query)
    {
        sealing.emplace(keyring, client);
        FrontChannelLogout flow{client, *sealing, {cookies, query}};
        return run(flow).has_value();
    }
};

std::string iss_and_sid(const std::string& sid, const std::string& iss = test::issuer)
{
    return "iss=" + iss + "&sid=" + sid;
}

void ends_the_session_and_sends_the_browser_to_the_provider(void**)
{
    LogoutWorld world;
    world.provider_has(end_session_member());
    const std::string cookie = world.add_session(some_session());
    const auto out = world.log_out({cookie}, "https://shop.example.com/bye");
    assert_true(world.records.empty());
    assert_true(out.provider.has_value());
    assert_int_equal(out.provider->url.rfind(std::string{test::issuer} + "/logout?", 0), 0);
    test::assert_text(test::parameter_of(out.provider->url, "client_id"), "shop");
    test::assert_text(test::parameter_of(out.provider->url, "post_logout_redirect_uri"),
                      "https://shop.example.com/bye");
    assert_true(flow::is_binding(out.new_binding));
}

void no_id_token_is_sent_unless_configured(void**)
{
    LogoutWorld world;
    world.provider_has(end_session_member());
    const std::string cookie = world.add_session(some_session(), {"id.to.ken", "", ""});
    const auto out = world.log_out({cookie});
    test::assert_text(test::parameter_of(out.provider->url, "id_token_hint"), "");
    assert_int_equal(world.count<base::FindRecord>(), 0);
}

void the_sessions_id_token_is_sent_where_configured(void**)
{
    LogoutWorld world;
    world.client.logout_token_hint = true;
    world.provider_has(end_session_member());
    const std::string cookie = world.add_session(some_session(), {"id.to.ken", "", ""});
    const auto out = world.log_out({flow::new_binding(), cookie, flow::new_binding()});
    test::assert_text(test::parameter_of(out.provider->url, "id_token_hint"), "id.to.ken");
    assert_true(world.records.empty());
}

void the_hint_is_of_the_session_that_has_an_id_token(void**)
{
    for (const bool first : {false, true}) {
        LogoutWorld world;
        world.client.logout_token_hint = true;
        world.provider_has(end_session_member());
        const std::string with = world.add_session(some_session(), {"id.to.ken", "", ""});
        const std::string without = world.add_session(some_session());
        const std::vector<std::string> cookies{first ? with : without, first ? without : with};
        const auto out = world.log_out(cookies);
        test::assert_text(test::parameter_of(out.provider->url, "id_token_hint"), "id.to.ken");
    }
}

void no_id_token_of_a_session_past_its_limit_is_sent(void**)
{
    LogoutWorld world;
    world.client.logout_token_hint = true;
    world.provider_has(end_session_member());
    flow::Session old = some_session();
    old.limit = now;
    const std::string cookie = world.add_session(old, {"id.to.ken", "", ""});
    const auto out = world.log_out({cookie});
    test::assert_text(test::parameter_of(out.provider->url, "id_token_hint"), "");
    assert_true(world.records.empty());
}

void no_hint_is_sent_where_there_is_no_session(void**)
{
    LogoutWorld world;
    world.client.logout_token_hint = true;
    world.provider_has(end_session_member());
    const auto out = world.log_out({flow::new_binding()});
    assert_false(test::contains(out.provider->url, "id_token_hint"));
}

void a_provider_without_end_session_endpoint_gives_no_url(void**)
{
    LogoutWorld world;
    world.provider_has();
    const std::string cookie = world.add_session(some_session());
    assert_false(world.log_out({cookie}).provider.has_value());
    assert_true(world.records.empty());
}

void the_session_ends_even_when_the_provider_is_away(void**)
{
    LogoutWorld world;
    world.provider_replies = {{nullptr, base::Error{Fault::provider_away, "away"}}};
    const std::string cookie = world.add_session(some_session());
    const auto out = world.log_out({cookie});
    assert_false(out.provider.has_value());
    assert_true(flow::is_binding(out.new_binding));
    assert_true(world.records.empty());
}

void sessions_of_other_cookies_stay(void**)
{
    LogoutWorld world;
    world.provider_has();
    const std::string cookie = world.add_session(some_session());
    world.add_session(some_session());
    world.log_out({cookie});
    assert_int_equal(world.records.size(), 1);
}

void a_browser_without_session_is_logged_out_all_the_same(void**)
{
    LogoutWorld world;
    world.provider_has(end_session_member());
    assert_true(world.log_out({}).provider.has_value());
    assert_true(world.log_out({"junk"}).provider.has_value());
    assert_true(world.store_requests.empty());
}

void a_session_sealed_under_an_old_key_ends_too(void**)
{
    LogoutWorld world;
    world.client.logout_token_hint = true;
    world.provider_has(end_session_member());
    const std::string cookie = world.add_session(some_session(), {"id.to.ken", "", ""});
    world.keyring = test::keyring_of({test::second_key, test::first_key});
    const auto out = world.log_out({cookie});
    assert_true(world.records.empty());
    test::assert_text(test::parameter_of(out.provider->url, "id_token_hint"), "id.to.ken");
}

void nobody_is_told_of_a_logout_that_the_store_could_not_do(void**)
{
    for (const bool hint : {false, true}) {
        LogoutWorld world;
        world.client.logout_token_hint = hint;
        world.provider_has(end_session_member());
        const std::string cookie = world.add_session(some_session());
        world.store_fault = [](const auto&) { return test::Status::unavailable; };
        assert_true(test::fault_of([&] { world.log_out({cookie}); }) == Fault::store_away);
        assert_true(test::fault_of([&] { world.front_channel({cookie}, ""); }) ==
                    Fault::store_away);
    }
}

void a_state_is_sent_where_it_comes_back_and_is_looked_at(void**)
{
    const std::string bye = "https://shop.example.com/bye";
    LogoutWorld world;
    world.provider_has(end_session_member());
    const auto out = world.log_out({}, bye, true);
    assert_int_equal(out.state.size(), 43);
    test::assert_text(test::parameter_of(out.provider->url, "state"), out.state);
    assert_true(world.log_out({}, bye, true).state != out.state);
    const auto unchecked = world.log_out({}, bye);
    assert_true(unchecked.state.empty());
    test::assert_text(test::parameter_of(unchecked.provider->url, "state"), "");
    world.provider_has();
    assert_true(world.log_out({}, bye, true).state.empty());
}

struct RevokingWorld : LogoutWorld {
    RevokingWorld()
    {
        client.revoke_on_logout = true;
        provider_has(R"(,"revocation_endpoint":")" + std::string{test::issuer} + "/revoke\"");
    }
    std::string add(const std::string& access, const std::string& refresh)
    {
        return add_session(some_session(), {"id.to.ken", access, "", refresh});
    }
};

void the_tokens_of_every_session_are_revoked(void**)
{
    RevokingWorld world;
    const auto out = world.log_out({world.add("access-1", ""), world.add("access-2", "refresh-2")});
    assert_int_equal(out.revocations.size(), 3);
    std::string tokens;
    for (const auto& request : out.revocations) {
        const auto form = base::Parameters::parse(request.body);
        tokens += *form.get("token") + ' ' + *form.get("token_type_hint") + '\n';
        test::assert_text(request.url, std::string{test::issuer} + "/revoke");
    }
    test::assert_text(tokens, "refresh-2 refresh_token\naccess-2 access_token\n"
                              "access-1 access_token\n");
    assert_true(out.not_revoked.empty() && world.records.empty());
}

void nothing_is_revoked_where_it_is_not_switched_on_or_there_is_nothing(void**)
{
    RevokingWorld world;
    assert_true(world.log_out({world.add("", "")}).revocations.empty());
    assert_true(world.log_out({flow::new_binding()}).not_revoked.empty());
    world.client.revoke_on_logout = false;
    assert_true(world.log_out({world.add("access", "refresh")}).revocations.empty());
}

void a_customer_is_logged_out_whose_tokens_can_not_be_revoked(void**)
{
    RevokingWorld world;
    world.provider_has();
    const auto without_endpoint = world.log_out({world.add("access", "")});
    assert_true(test::contains(without_endpoint.not_revoked, "revocation_endpoint"));
    world.provider_replies = {{nullptr, base::Error{Fault::provider_away, "the provider is away"}}};
    const auto away = world.log_out({world.add("access", "")});
    test::assert_text(away.not_revoked, "the provider is away");
    assert_true(away.revocations.empty() && world.records.empty());
}

void the_provider_ends_all_sessions_of_a_sid(void**)
{
    LogoutWorld world;
    world.add_session(some_session());
    world.add_session(some_session());
    flow::Session other = some_session();
    other.sid = "provider-session-2";
    world.add_session(other);
    assert_true(world.front_channel({}, iss_and_sid("provider-session-1")));
    assert_int_equal(world.records.size(), 1);
}

void a_sid_ends_sessions_sealed_under_an_old_key(void**)
{
    LogoutWorld world;
    world.add_session(some_session());
    world.keyring = test::keyring_of({test::second_key, test::first_key});
    assert_true(world.front_channel({}, iss_and_sid("provider-session-1")));
    assert_true(world.records.empty());
}

void a_sid_does_not_end_sessions_of_another_provider(void**)
{
    LogoutWorld world;
    world.add_session(some_session());
    world.client.provider = "second";
    assert_true(world.front_channel({}, iss_and_sid("provider-session-1")));
    assert_int_equal(world.records.size(), 1);
}

void the_iframe_ends_the_session_of_its_cookie(void**)
{
    LogoutWorld world;
    const std::string cookie = world.add_session(some_session());
    world.add_session(some_session());
    assert_true(world.front_channel({cookie}, ""));
    assert_int_equal(world.records.size(), 1);
}

void a_sid_leaves_the_session_of_the_cookie_alone(void**)
{
    LogoutWorld world;
    flow::Session other = some_session();
    other.sid = "provider-session-2";
    const std::string cookie = world.add_session(other);
    world.add_session(some_session());
    assert_true(world.front_channel({cookie}, iss_and_sid("provider-session-1")));
    // A link with a foreign sid logs nobody out.
    assert_int_equal(world.records.size(), 1);
}

void a_subject_is_no_sid(void**)
{
    LogoutWorld world;
    world.add_session(some_session());
    assert_true(world.front_channel({}, iss_and_sid("customer-1")));
    assert_int_equal(world.records.size(), 1);
}

void front_channel_rejects_what_is_not_of_this_provider(void**)
{
    for (const std::string& query :
         {iss_and_sid("provider-session-1", "https://other.example.com"),
          iss_and_sid("provider-session-1", std::string{test::issuer} + "/"),
          iss_and_sid("provider-session-1", ""), std::string{"iss="} + test::issuer,
          std::string{"sid=provider-session-1"}, iss_and_sid(""),
          iss_and_sid("provider-session-1") + "&sid=provider-session-1",
          iss_and_sid("provider-session-1") + "&iss=" + test::issuer, iss_and_sid("%")}) {
        LogoutWorld world;
        const std::string cookie = world.add_session(some_session());
        assert_true(test::fault_of([&] { world.front_channel({cookie}, query); }) == Fault::client);
        assert_int_equal(world.records.size(), 1);
        assert_true(world.store_requests.empty());
    }
}

void a_sid_alone_counts_for_providers_that_send_no_issuer(void**)
{
    LogoutWorld world;
    world.client.frontchannel_sid_alone = true;
    world.add_session(some_session());
    assert_true(world.front_channel({}, "sid=" + some_session().sid));
    assert_true(world.records.empty());
    for (const auto& query : {std::string{"iss="} + test::issuer, iss_and_sid("x", "https://evil"),
                              std::string{"sid="}}) {
        assert_true(test::fault_of([&] { world.front_channel({}, query); }) == Fault::client);
    }
}

void they_may_be_destroyed_at_every_step(void**)
{
    for (std::size_t steps = 0; steps < 8; steps++) {
        LogoutWorld world;
        world.client.logout_token_hint = true;
        world.provider_has(end_session_member());
        const flow::SessionSealer sealer = world.sealer();
        const std::vector<std::string> cookies = {
            world.add_session(some_session(), {"id.to.ken", "", ""}), flow::new_binding()};
        for (const bool waits : {false, true}) {
            Logout logout{world.client, sealer, {cookies, ""}, now};
            world.run(logout, steps);
            FrontChannelLogout front{world.client, sealer, {cookies, iss_and_sid("sid")}};
            world.run(front, steps);
            if (waits) {
                logout.next();
                front.next();
            }
        }
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(ends_the_session_and_sends_the_browser_to_the_provider),
        cmocka_unit_test(no_id_token_is_sent_unless_configured),
        cmocka_unit_test(the_sessions_id_token_is_sent_where_configured),
        cmocka_unit_test(the_hint_is_of_the_session_that_has_an_id_token),
        cmocka_unit_test(no_id_token_of_a_session_past_its_limit_is_sent),
        cmocka_unit_test(no_hint_is_sent_where_there_is_no_session),
        cmocka_unit_test(a_provider_without_end_session_endpoint_gives_no_url),
        cmocka_unit_test(the_session_ends_even_when_the_provider_is_away),
        cmocka_unit_test(sessions_of_other_cookies_stay),
        cmocka_unit_test(a_browser_without_session_is_logged_out_all_the_same),
        cmocka_unit_test(a_session_sealed_under_an_old_key_ends_too),
        cmocka_unit_test(nobody_is_told_of_a_logout_that_the_store_could_not_do),
        cmocka_unit_test(the_provider_ends_all_sessions_of_a_sid),
        cmocka_unit_test(a_sid_ends_sessions_sealed_under_an_old_key),
        cmocka_unit_test(a_sid_does_not_end_sessions_of_another_provider),
        cmocka_unit_test(the_iframe_ends_the_session_of_its_cookie),
        cmocka_unit_test(a_sid_leaves_the_session_of_the_cookie_alone),
        cmocka_unit_test(a_subject_is_no_sid),
        cmocka_unit_test(front_channel_rejects_what_is_not_of_this_provider),
        cmocka_unit_test(a_state_is_sent_where_it_comes_back_and_is_looked_at),
        cmocka_unit_test(the_tokens_of_every_session_are_revoked),
        cmocka_unit_test(nothing_is_revoked_where_it_is_not_switched_on_or_there_is_nothing),
        cmocka_unit_test(a_customer_is_logged_out_whose_tokens_can_not_be_revoked),
        cmocka_unit_test(a_sid_alone_counts_for_providers_that_send_no_issuer),
        cmocka_unit_test(they_may_be_destroyed_at_every_step),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
