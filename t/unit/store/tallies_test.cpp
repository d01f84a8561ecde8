#include "store/tallies.hpp"

#include "support/shared_memory.hpp"

#include "support/check.hpp"

using namespace ciam;
using store::Tallies;
using store::Tally;

namespace {

constexpr std::size_t keys = 64;

class Fixture {
public:
    Fixture() { Tallies::format(memory_.get(), keys); }

    Tallies here() const { return Tallies{memory_.get()}; }
    Tallies elsewhere() { return Tallies{memory_.elsewhere()}; }

private:
    test::SharedMemory memory_{Tallies::bytes_for(keys)};
};

Tally add(Tallies tallies, std::uint64_t key, base::Seconds now, std::uint32_t events = 1)
{
    Tally seen{};
    tallies.with(key, now, [&](Tally& tally) {
        tally.events += events;
        seen = tally;
    });
    return seen;
}

void each_key_has_a_count_of_its_own(void**)
{
    Fixture fixture;
    assert_int_equal(add(fixture.here(), 1, 0).events, 1);
    assert_int_equal(add(fixture.elsewhere(), 1, 59).events, 2);
    assert_int_equal(add(fixture.here(), 2, 59).events, 1);
    assert_int_equal(add(fixture.here(), 0, 59).events, 3); // 0 is the key of free room
}

void a_new_minute_begins_at_nothing_and_knows_the_one_before(void**)
{
    const Fixture fixture;
    add(fixture.here(), 7, 0, 5);
    const auto next = add(fixture.here(), 7, 60, 0);
    assert_int_equal(next.events, 0);
    assert_int_equal(next.before, 5);
    assert_int_equal(add(fixture.here(), 7, 120).before, 5);
    assert_int_equal(add(fixture.here(), 7, 180).before, 1);
}

void a_clock_that_is_set_back_harms_nothing(void**)
{
    const Fixture fixture;
    add(fixture.here(), 7, 600, 5);
    assert_int_equal(add(fixture.here(), 7, 0).events, 1);
    assert_int_equal(add(fixture.here(), 7, -120).events, 1);
}

void what_happens_often_is_not_pushed_out_by_what_happens_once(void**)
{
    const Fixture fixture;
    for (int i = 0; i < 10; ++i) {
        add(fixture.here(), 77, 0);
    }
    for (std::uint64_t key = 1000; key < 101000; ++key) {
        add(fixture.here(), key, 0);
    }
    assert_int_equal(add(fixture.here(), 77, 0).events, 11);
}

void old_minutes_go_first(void**)
{
    const Fixture fixture;
    for (std::uint64_t key = 1; key <= 1000; ++key) {
        add(fixture.here(), key, 0, 100);
    }
    add(fixture.here(), 5001, 60);
    for (std::uint64_t key = 6001; key < 6001 + 7 * 8; key += 8) { // the other places of its set
        add(fixture.here(), key, 60);
    }
    assert_int_equal(add(fixture.here(), 5001, 60).events, 2);
}

void counts_of_several_processes_add_up(void**)
{
    const Fixture fixture;
    const auto count = [&] {
        for (int i = 0; i < 100000; ++i) {
            add(fixture.here(), 9, 0);
        }
        return true;
    };
    const auto child = test::start_process(count);
    count();
    assert_true(test::ended_well(child));
    assert_int_equal(add(fixture.here(), 9, 0, 0).events, 200000);
}

void a_death_inside_the_lock_stops_nobody(void**)
{
    const Fixture fixture;
    const auto child = test::start_process([&] {
        fixture.here().with(9, 0, [](Tally& tally) {
            tally.events = 3;
            raise(SIGKILL);
        });
        return true;
    });
    assert_false(test::ended_well(child));
    assert_int_equal(add(fixture.here(), 9, 0).events, 4);
}

} // namespace

int main()
{
    alarm(60);
    const CMUnitTest tests[] = {
        cmocka_unit_test(each_key_has_a_count_of_its_own),
        cmocka_unit_test(a_new_minute_begins_at_nothing_and_knows_the_one_before),
        cmocka_unit_test(a_clock_that_is_set_back_harms_nothing),
        cmocka_unit_test(what_happens_often_is_not_pushed_out_by_what_happens_once),
        cmocka_unit_test(old_minutes_go_first),
        cmocka_unit_test(counts_of_several_processes_add_up),
        cmocka_unit_test(a_death_inside_the_lock_stops_nobody),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
