#include "flow/opened_sessions.hpp"

#include "flow/sealed_session.hpp"

#include <map>

using namespace ciam;
using flow::OpenedSessions;
using test::assert_text;
using test::SealedSession;

namespace {

constexpr base::Seconds now = test::now;

/// A session that has been opened once.
struct Opened {
    SealedSession sealed;
    OpenedSessions sessions;
    OpenedSessions::Place place{sealed.sealer, sealed.world.keyring.first(), sealed.cookie};
    std::string text;

    Opened()
    {
        assert_true(sealed.sealer.open_hot(sealed.keys, sealed.record, now, text));
        sessions.keep(place, {sealed.keys, sealed.record, text}, now);
    }
};

void a_session_that_was_opened_is_known(void**)
{
    Opened opened;
    const auto keys = opened.sessions.keys(opened.place);
    assert_true(keys->id == opened.sealed.keys.id && keys->key == opened.sealed.keys.key);
    assert_text(std::string{opened.sessions.text(opened.place, opened.sealed.record, now)},
                opened.text);
}

void nothing_is_known_of_another_cookie_key_or_provider(void**)
{
    Opened opened;
    const auto& place = opened.place;
    const SealedSession other;
    for (std::size_t i = 0; i < opened.sealed.cookie.size(); ++i) {
        auto cookie = opened.sealed.cookie;
        cookie[i] = cookie[i] == 'A' ? 'B' : 'A';
        assert_false(opened.sessions.keys({place.sealer, place.mac, cookie}).has_value());
    }
    assert_false(opened.sessions.keys({other.sealer, place.mac, place.cookie}).has_value());
    const auto& mac = other.world.keyring.first();
    assert_false(opened.sessions.keys({place.sealer, mac, place.cookie}).has_value());
    assert_false(opened.sessions.keys({place.sealer, place.mac, ""}).has_value());
    assert_false(OpenedSessions{}.keys(place).has_value());
}

void a_record_that_was_written_anew_is_not_taken_for_the_old_one(void**)
{
    Opened opened;
    const auto& sealed = opened.sealed;
    // The same content, version and all: the seal alone is another.
    auto record = sealed.sealer.seal(sealed.keys, test::some_session(), {});
    record.version = sealed.record.version;
    assert_true(opened.sessions.text(opened.place, record, now).empty());
    for (const auto size : {std::size_t{0}, std::size_t{31}}) {
        record.hot = sealed.record.hot.substr(sealed.record.hot.size() - size);
        assert_true(opened.sessions.text(opened.place, record, now).empty());
    }
    auto changed = sealed.record;
    changed.hot.back() ^= 1;
    assert_true(opened.sessions.text(opened.place, changed, now).empty());
}

void a_session_past_its_limit_is_over_although_it_is_known(void**)
{
    Opened opened;
    const auto limit = opened.sealed.record.limit;
    assert_false(opened.sessions.text(opened.place, opened.sealed.record, limit - 1).empty());
    assert_true(opened.sessions.text(opened.place, opened.sealed.record, limit).empty());
}

void what_is_forgotten_is_unknown(void**)
{
    Opened opened;
    opened.sessions.forget(opened.place);
    assert_false(opened.sessions.keys(opened.place).has_value());
    opened.sessions.forget(opened.place);
}

void who_has_not_come_for_a_minute_is_forgotten(void**)
{
    Opened opened;
    assert_false(opened.sessions.text(opened.place, opened.sealed.record, now + 50).empty());
    opened.sessions.forget_idle(now + 110);
    assert_true(opened.sessions.keys(opened.place).has_value());
    opened.sessions.forget_idle(now + 111);
    assert_false(opened.sessions.keys(opened.place).has_value());
}

void a_text_that_is_too_long_is_not_kept(void**)
{
    Opened opened;
    opened.sessions.forget(opened.place);
    const std::string text(10000, 'x');
    opened.sessions.keep(opened.place, {opened.sealed.keys, opened.sealed.record, text}, now);
    assert_false(opened.sessions.keys(opened.place).has_value());
}

void many_take_each_other_s_places_and_never_each_other_s_texts(void**)
{
    Opened opened;
    const auto& place = opened.place;
    std::map<std::string, std::string> texts;
    while (texts.size() < 40000) {
        const std::string cookie{flow::SessionSealer::new_cookie().view()};
        auto text = opened.text + cookie;
        opened.sessions.keep({place.sealer, place.mac, cookie},
                             {opened.sealed.keys, opened.sealed.record, text}, now);
        texts.emplace(cookie, std::move(text));
    }
    std::size_t known = 0;
    for (const auto& [cookie, text] : texts) {
        const auto found =
            opened.sessions.text({place.sealer, place.mac, cookie}, opened.sealed.record, now);
        known += found.empty() ? 0 : 1;
        assert_true(found.empty() || found == text);
    }
    assert_true(known > 10000 && known <= 16384);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_session_that_was_opened_is_known),
        cmocka_unit_test(nothing_is_known_of_another_cookie_key_or_provider),
        cmocka_unit_test(a_record_that_was_written_anew_is_not_taken_for_the_old_one),
        cmocka_unit_test(a_session_past_its_limit_is_over_although_it_is_known),
        cmocka_unit_test(what_is_forgotten_is_unknown),
        cmocka_unit_test(who_has_not_come_for_a_minute_is_forgotten),
        cmocka_unit_test(a_text_that_is_too_long_is_not_kept),
        cmocka_unit_test(many_take_each_other_s_places_and_never_each_other_s_texts),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
