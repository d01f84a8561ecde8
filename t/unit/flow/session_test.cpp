#include "flow/session.hpp"

#include "flow/fields.hpp"
#include "flow/sealed_session.hpp"
#include "flow/session_layout.hpp"

using namespace ciam;
using flow::SessionSealer;
using flow::SessionView;
using test::now;
using test::SealedSession;
using test::some_session;

namespace {

std::string text_of(const std::optional<std::string_view>& view)
{
    return view ? std::string{*view} : "(none)";
}

void a_session_comes_back_as_it_was(void**)
{
    const SealedSession sealed;
    std::string text;
    assert_true(sealed.sealer.open_hot(sealed.keys, sealed.record, now, text));
    const auto view = SessionView::parse(text);
    assert_true(view.has_value());
    test::assert_text(std::string{view->subject()}, "customer-1");
    test::assert_text(std::string{view->sid()}, "provider-session-1");
    assert_int_equal(view->created(), now - 10);
    assert_int_equal(view->limit(), now + 1000);
    test::assert_text(text_of(view->claim("email")), "ann@example.com");
    test::assert_text(text_of(view->claim("name")), "Ann");
}

void a_claim_is_found_by_its_exact_key_alone(void**)
{
    const SealedSession sealed;
    std::string text;
    assert_true(sealed.sealer.open_hot(sealed.keys, sealed.record, now, text));
    const auto view = SessionView::parse(text);
    for (const char* key : {"", "Email", "emai", "emaill", "ann@example.com", "Ann"}) {
        assert_false(view->claim(key).has_value());
    }
}

void claims_with_any_bytes_survive(void**)
{
    flow::Session session = some_session();
    const std::string bytes{"\0\xFF,;\"\x01", 6};
    session.claims = {{"a", bytes}, {"empty", ""}, {"long", std::string(5000, 'l')}};
    const SealedSession sealed{session};
    std::string text;
    assert_true(sealed.sealer.open_hot(sealed.keys, sealed.record, now, text));
    const auto view = SessionView::parse(text);
    test::assert_text(text_of(view->claim("a")), bytes);
    test::assert_text(text_of(view->claim("empty")), "");
    assert_int_equal(view->claim("long")->size(), 5000);
}

void a_session_without_sid_and_claims_survives(void**)
{
    flow::Session session = some_session();
    session.sid.clear();
    session.claims.clear();
    const SealedSession sealed{session};
    assert_true(sealed.opens());
    assert_int_equal(sealed.record.tags.size(), 1);
}

void a_session_with_six_claims_is_small(void**)
{
    flow::Session session = some_session();
    session.subject = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
    session.sid = session.subject;
    session.claims = {{"email", "ann.customer@example.com"},
                      {"email_verified", "true"},
                      {"given_name", "Ann"},
                      {"family_name", "Customer"},
                      {"locale", "de-DE"},
                      {"groups", "gold,newsletter"}};
    assert_in_range(SealedSession{session}.record.hot.size(), 1, 160);
}

void the_record_carries_the_configured_times(void**)
{
    const SealedSession sealed;
    assert_int_equal(sealed.record.idle_timeout, sealed.world.client.session_timeout);
    assert_int_equal(sealed.record.limit, now + 1000);
}

void tokens_come_back_and_none_is_in_the_hot_part(void**)
{
    const SealedSession sealed{some_session(),
                               {"id token", "access token", "{\"sub\":\"x\"}", "refresh token"}};
    const auto tokens = sealed.sealer.open_cold(sealed.keys, sealed.record);
    assert_true(tokens.has_value());
    test::assert_text(tokens->id_token, "id token");
    test::assert_text(tokens->access_token, "access token");
    test::assert_text(tokens->userinfo, "{\"sub\":\"x\"}");
    test::assert_text(tokens->refresh_token, "refresh token");
    std::string text;
    assert_true(sealed.sealer.open_hot(sealed.keys, sealed.record, now, text));
    assert_false(test::contains(text, "token"));
}

void a_session_without_tokens_has_no_cold_part(void**)
{
    const SealedSession sealed;
    assert_true(sealed.record.cold.empty());
    const auto tokens = sealed.sealer.open_cold(sealed.keys, sealed.record);
    assert_true(tokens && tokens->id_token.empty() && tokens->access_token.empty());
}

void nothing_readable_is_in_the_record(void**)
{
    const SealedSession sealed{some_session(), {"id token", "access token", ""}};
    for (const std::string* part : {&sealed.record.hot, &sealed.record.cold}) {
        for (const char* word : {"ann@", "email", "customer", "provider-session", "token"}) {
            assert_false(test::contains(*part, word));
        }
    }
}

void an_altered_record_is_not_opened(void**)
{
    SealedSession sealed{some_session(), {"id token", "", ""}};
    for (std::string* part : {&sealed.record.hot, &sealed.record.cold}) {
        for (std::size_t at = 0; at < part->size(); at++) {
            (*part)[at] = static_cast<char>((*part)[at] ^ 1);
            assert_true(sealed.opens() == (part == &sealed.record.cold));
            assert_false(sealed.sealer.open_cold(sealed.keys, sealed.record).has_value());
            (*part)[at] = static_cast<char>((*part)[at] ^ 1);
        }
    }
    assert_true(sealed.opens());
}

void a_cut_record_is_not_opened(void**)
{
    SealedSession sealed;
    const std::string whole = sealed.record.hot;
    for (std::size_t size = 0; size < whole.size(); size++) {
        sealed.record.hot = whole.substr(0, size);
        assert_false(sealed.opens());
    }
}

void hot_and_cold_cannot_stand_for_each_other(void**)
{
    SealedSession sealed{some_session(), {"id token", "access token", "userinfo"}};
    std::swap(sealed.record.hot, sealed.record.cold);
    assert_false(sealed.opens());
    assert_false(sealed.sealer.open_cold(sealed.keys, sealed.record).has_value());
}

void another_cookie_does_not_open_it(void**)
{
    SealedSession sealed;
    sealed.keys =
        sealed.sealer.keys(SessionSealer::new_cookie().view(), sealed.world.keyring.first());
    assert_false(sealed.opens());
}

void a_record_that_was_moved_to_another_id_is_not_opened(void**)
{
    SealedSession sealed{some_session(), {"id token", "", ""}};
    sealed.keys.id.back() ^= 1;
    assert_false(sealed.opens());
    assert_false(sealed.sealer.open_cold(sealed.keys, sealed.record).has_value());
}

void a_session_of_another_provider_is_not_opened(void**)
{
    const SealedSession sealed{some_session(), {"id token", "", ""}};
    oidc::Client other;
    test::fill_client(other);
    other.provider = "second";
    const SessionSealer other_sealer{sealed.world.keyring, other};
    std::string text;
    assert_false(other_sealer.open_hot(sealed.keys, sealed.record, now, text));
    assert_false(other_sealer.open_cold(sealed.keys, sealed.record).has_value());
}

void a_session_of_another_client_id_is_not_opened(void**)
{
    const SealedSession sealed;
    oidc::Client other;
    test::fill_client(other);
    other.client_id = "another shop";
    std::string text;
    assert_false(
        SessionSealer(sealed.world.keyring, other).open_hot(sealed.keys, sealed.record, now, text));
}

void a_session_of_another_issuer_is_not_opened(void**)
{
    const SealedSession sealed{some_session(), {"id token", "", "", ""}};
    oidc::Client other;
    test::fill_client(other);
    other.issuer = "https://other.example.com";
    const SessionSealer other_sealer{sealed.world.keyring, other};
    std::string text;
    assert_false(other_sealer.open_hot(sealed.keys, sealed.record, now, text));
    assert_false(other_sealer.open_cold(sealed.keys, sealed.record).has_value());
}

void the_cold_part_of_an_older_write_does_not_open_beside_a_newer_hot_part(void**)
{
    SealedSession sealed{some_session(), {"id token", "", "", "old refresh token"}};
    const std::string old = sealed.record.cold;
    sealed.record =
        sealed.sealer.seal(sealed.keys, some_session(), {"id token", "", "", "new refresh token"});
    assert_true(sealed.sealer.open_cold(sealed.keys, sealed.record).has_value());
    sealed.record.cold = old;
    assert_true(sealed.opens());
    assert_false(sealed.sealer.open_cold(sealed.keys, sealed.record).has_value());
}

void provider_and_client_id_do_not_flow_into_each_other(void**)
{
    const SealedSession sealed; // "main" and "shop"
    oidc::Client other;
    test::fill_client(other);
    other.provider = "mains";
    other.client_id = "hop";
    std::string text;
    assert_false(
        SessionSealer(sealed.world.keyring, other).open_hot(sealed.keys, sealed.record, now, text));
}

void a_session_ends_at_the_limit_inside_the_seal(void**)
{
    const SealedSession sealed;
    assert_true(sealed.opens(now + 999));
    assert_false(sealed.opens(now + 1000));
    assert_false(sealed.opens(now + 5000));
}

void a_record_rolled_back_in_the_store_does_not_outlive_its_limit(void**)
{
    SealedSession sealed;
    sealed.record.limit = now + 1'000'000; // by somebody who can write to the store
    assert_false(sealed.opens(now + 1001));
}

void a_sealed_text_of_another_layout_is_not_opened(void**)
{
    SealedSession sealed;
    std::string associated = flow::FieldWriter{}
                                 .number(flow::session_layout)
                                 .field("main")
                                 .field("shop")
                                 .field(test::issuer)
                                 .take();
    associated += jose::view(sealed.keys.id);
    associated += "hot";
    const auto put = [&](std::string_view text) {
        sealed.record.hot = sealed.world.keyring.sealer().seal(sealed.keys.key, text, associated);
    };
    const auto layout = [](std::uint64_t version) {
        return flow::FieldWriter{}
            .number(version)
            .number(1)
            .number(now)
            .number(1000)
            .number(0)
            .number(0)
            .number(0)
            .take();
    };
    put(layout(flow::session_layout));
    assert_true(sealed.opens()); // else the rest of this test would prove nothing
    put(layout(flow::session_layout - 1));
    assert_false(sealed.opens());
    put(layout(flow::session_layout) + "\x09x");
    assert_false(sealed.opens());
    put("");
    assert_false(sealed.opens());
}

void the_buffer_that_text_has_is_used_again(void**)
{
    const SealedSession sealed;
    std::string text;
    text.reserve(4096);
    const char* before = text.data();
    for (int i = 0; i < 10; i++) {
        assert_true(sealed.sealer.open_hot(sealed.keys, sealed.record, now, text));
        assert_ptr_equal(text.data(), before);
    }
}

void a_session_sealed_under_an_old_key_opens_after_rotation(void**)
{
    const SealedSession sealed;
    const jose::Keyring rotated = test::keyring_of({test::second_key, test::first_key});
    const SessionSealer sealer{rotated, sealed.world.client};
    const auto candidates = sealer.candidates({sealed.cookie});
    assert_int_equal(candidates.size(), 2);
    std::string text;
    assert_false(sealer.open_hot(candidates[0], sealed.record, now, text));
    assert_true(candidates[1].id == sealed.keys.id);
    assert_true(sealer.open_hot(candidates[1], sealed.record, now, text));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_session_comes_back_as_it_was),
        cmocka_unit_test(a_claim_is_found_by_its_exact_key_alone),
        cmocka_unit_test(claims_with_any_bytes_survive),
        cmocka_unit_test(a_session_without_sid_and_claims_survives),
        cmocka_unit_test(a_session_with_six_claims_is_small),
        cmocka_unit_test(the_record_carries_the_configured_times),
        cmocka_unit_test(tokens_come_back_and_none_is_in_the_hot_part),
        cmocka_unit_test(a_session_without_tokens_has_no_cold_part),
        cmocka_unit_test(nothing_readable_is_in_the_record),
        cmocka_unit_test(an_altered_record_is_not_opened),
        cmocka_unit_test(a_cut_record_is_not_opened),
        cmocka_unit_test(hot_and_cold_cannot_stand_for_each_other),
        cmocka_unit_test(another_cookie_does_not_open_it),
        cmocka_unit_test(a_record_that_was_moved_to_another_id_is_not_opened),
        cmocka_unit_test(a_session_of_another_provider_is_not_opened),
        cmocka_unit_test(a_session_of_another_client_id_is_not_opened),
        cmocka_unit_test(a_session_of_another_issuer_is_not_opened),
        cmocka_unit_test(the_cold_part_of_an_older_write_does_not_open_beside_a_newer_hot_part),
        cmocka_unit_test(provider_and_client_id_do_not_flow_into_each_other),
        cmocka_unit_test(a_session_ends_at_the_limit_inside_the_seal),
        cmocka_unit_test(a_record_rolled_back_in_the_store_does_not_outlive_its_limit),
        cmocka_unit_test(a_sealed_text_of_another_layout_is_not_opened),
        cmocka_unit_test(the_buffer_that_text_has_is_used_again),
        cmocka_unit_test(a_session_sealed_under_an_old_key_opens_after_rotation),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
