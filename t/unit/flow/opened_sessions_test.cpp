#include "flow/opened_sessions.hpp"

#include "flow/sealed_session.hpp"

#include <algorithm>
#include <map>
#include <vector>

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
    base::StoreReply reply;
    std::string text;

    Opened()
    {
        assert_true(sealed.sealer.open_hot(sealed.keys, sealed.record, now, text));
        reply.record = sealed.record;
        sessions.keep(place, {sealed.keys, reply, text}, now);
    }
};

void a_session_that_was_opened_is_known(void**)
{
    Opened opened;
    auto* known = opened.sessions.find(opened.place);
    assert_non_null(known);
    assert_true(known->keys().id == opened.sealed.keys.id);
    assert_true(known->keys().key == opened.sealed.keys.key);
    assert_true(known->mark() == base::hot_mark(opened.sealed.record.hot));
    assert_text(std::string{known->text(now)}, opened.text);
}

void nothing_is_known_of_another_cookie_key_or_provider(void**)
{
    Opened opened;
    const auto& place = opened.place;
    const SealedSession other;
    for (std::size_t i = 0; i < opened.sealed.cookie.size(); ++i) {
        auto cookie = opened.sealed.cookie;
        cookie[i] = cookie[i] == 'A' ? 'B' : 'A';
        assert_null(opened.sessions.find({place.sealer, place.mac, cookie}));
    }
    assert_null(opened.sessions.find({other.sealer, place.mac, place.cookie}));
    const auto& mac = other.world.keyring.first();
    assert_null(opened.sessions.find({place.sealer, mac, place.cookie}));
    assert_null(opened.sessions.find({place.sealer, place.mac, ""}));
    assert_null(OpenedSessions{}.find(place));
}

void a_record_that_was_written_anew_has_another_mark(void**)
{
    Opened opened;
    const auto& sealed = opened.sealed;
    // The same content, version and all: the nonce alone is another.
    base::StoreReply reply;
    auto& record = reply.record;
    record = sealed.sealer.seal(sealed.keys, test::some_session(), {});
    assert_true(opened.sessions.find(opened.place)->mark() != base::hot_mark(record.hot));

    std::string text;
    assert_true(sealed.sealer.open_hot(sealed.keys, record, now, text));
    opened.sessions.keep(opened.place, {sealed.keys, reply, text}, now);
    assert_true(opened.sessions.find(opened.place)->mark() == base::hot_mark(record.hot));
}

void a_session_past_its_limit_is_over_although_it_is_known(void**)
{
    Opened opened;
    const auto limit = opened.sealed.record.limit;
    assert_false(opened.sessions.find(opened.place)->text(limit - 1).empty());
    assert_true(opened.sessions.find(opened.place)->text(limit).empty());
}

void what_is_forgotten_is_unknown(void**)
{
    Opened opened;
    opened.sessions.forget(opened.place);
    assert_null(opened.sessions.find(opened.place));
    opened.sessions.forget(opened.place);
    OpenedSessions{}.forget(opened.place);
}

void who_has_not_come_for_a_minute_is_forgotten(void**)
{
    Opened opened;
    OpenedSessions{}.forget_idle(now);
    assert_false(opened.sessions.find(opened.place)->text(now + 50).empty());
    opened.sessions.forget_idle(now + 110);
    assert_non_null(opened.sessions.find(opened.place));
    opened.sessions.forget_idle(now + 111);
    assert_null(opened.sessions.find(opened.place));
}

void who_came_before_the_clock_was_set_back_is_forgotten(void**)
{
    Opened opened;
    opened.sessions.forget_idle(now - 60);
    assert_non_null(opened.sessions.find(opened.place));
    opened.sessions.forget_idle(now - 61);
    assert_null(opened.sessions.find(opened.place));
}

void what_is_too_long_or_not_a_seal_is_not_kept(void**)
{
    Opened opened;
    opened.sessions.forget(opened.place);
    const std::string text(10000, 'x');
    opened.sessions.keep(opened.place, {opened.sealed.keys, opened.reply, text}, now);
    assert_null(opened.sessions.find(opened.place));
    opened.reply.record.hot.resize(15);
    opened.sessions.keep(opened.place, {opened.sealed.keys, opened.reply, opened.text}, now);
    assert_null(opened.sessions.find(opened.place));
}

/// Keeps texts of many lengths and asks for those before, some of which change or are forgotten.
class Crowd {
public:
    void come(std::size_t number)
    {
        const std::string cookie{flow::SessionSealer::new_cookie().view()};
        keep(cookie, number % 1500);
        auto& one = cookies_.emplace_back(cookie);
        if (number % 7 == 0) {
            keep(one, number % 900);
        }
        if (number % 11 == 0) {
            opened_.sessions.forget(place(one));
            texts_.erase(one);
        }
        look(cookies_[number / 2]);
    }

    /// Bytes of text that are known.
    std::size_t look_at_all()
    {
        std::size_t known = 0;
        for (const auto& cookie : cookies_) {
            known += look(cookie);
        }
        return known;
    }
    bool knows_last() { return look(cookies_.back()) != 0; }

private:
    OpenedSessions::Place place(const std::string& cookie)
    {
        return {opened_.place.sealer, opened_.place.mac, cookie};
    }

    void keep(const std::string& cookie, std::size_t more)
    {
        auto text = opened_.text + cookie + std::string(more, 'x');
        opened_.sessions.keep(place(cookie), {opened_.sealed.keys, opened_.reply, text}, now);
        texts_[cookie] = std::move(text);
    }

    std::size_t look(const std::string& cookie)
    {
        auto* found = opened_.sessions.find(place(cookie));
        if (found == nullptr) {
            return 0;
        }
        const auto text = found->text(now);
        assert_true(texts_.contains(cookie) && text == texts_[cookie]);
        return text.size();
    }

    Opened opened_;
    std::vector<std::string> cookies_;
    std::map<std::string, std::string> texts_;
};

void many_take_each_other_s_room_and_never_each_other_s_texts(void**)
{
    constexpr std::size_t megabyte = 1024 * 1024;
    Crowd crowd;
    for (std::size_t number = 0; number < 70001;
         ++number) { // some five times what there is room for
        crowd.come(number);
        assert_true(number % 11 == 0 || crowd.knows_last());
    }
    const auto known = crowd.look_at_all();
    assert_true(known > 10 * megabyte && known <= 16 * megabyte);
}

void ten_thousand_are_known_at_once(void**)
{
    Opened opened;
    std::vector<std::string> cookies;
    while (cookies.size() < 10000) {
        cookies.emplace_back(flow::SessionSealer::new_cookie().view());
        opened.sessions.keep({opened.place.sealer, opened.place.mac, cookies.back()},
                             {opened.sealed.keys, opened.reply, opened.text}, now);
    }
    const auto known = std::count_if(cookies.begin(), cookies.end(), [&](const auto& cookie) {
        return opened.sessions.find({opened.place.sealer, opened.place.mac, cookie}) != nullptr;
    });
    assert_true(known > 9950);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_session_that_was_opened_is_known),
        cmocka_unit_test(nothing_is_known_of_another_cookie_key_or_provider),
        cmocka_unit_test(a_record_that_was_written_anew_has_another_mark),
        cmocka_unit_test(a_session_past_its_limit_is_over_although_it_is_known),
        cmocka_unit_test(what_is_forgotten_is_unknown),
        cmocka_unit_test(who_has_not_come_for_a_minute_is_forgotten),
        cmocka_unit_test(who_came_before_the_clock_was_set_back_is_forgotten),
        cmocka_unit_test(what_is_too_long_or_not_a_seal_is_not_kept),
        cmocka_unit_test(many_take_each_other_s_room_and_never_each_other_s_texts),
        cmocka_unit_test(ten_thousand_are_known_at_once),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
