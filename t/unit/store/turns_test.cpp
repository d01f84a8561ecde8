#include "store/turns.hpp"

#include "support/shared_memory.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include "support/check.hpp"

using namespace ciam;
using store::Turns;
using Taken = Turns::Taken;

namespace {

constexpr std::size_t keys = 64;
constexpr std::uint64_t key = 4711;

class Fixture {
public:
    Fixture() { Turns::format(memory_.get(), keys); }

    Turns turns() const { return Turns{memory_.get()}; }

private:
    test::SharedMemory memory_{Turns::bytes_for(keys)};
};

/// Another process, which does this and stays until the object is destroyed, or dies at once.
class Other {
public:
    template <class Act> explicit Other(Act act, bool stays = true)
    {
        int ready[2];
        assert_int_equal(pipe(ready), 0);
        pid_ = fork();
        if (pid_ == 0) {
            act();
            close(ready[1]);
            while (stays) {
                pause();
            }
            _exit(0);
        }
        close(ready[1]);
        char nothing = 0;
        assert_int_equal(read(ready[0], &nothing, 1), 0); // until it has acted
        close(ready[0]);
        if (!stays) {
            end();
        }
    }
    Other(const Other&) = delete;
    Other& operator=(const Other&) = delete;
    ~Other() { end(); }

    void end()
    {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
            pid_ = 0;
        }
    }

private:
    pid_t pid_ = 0;
};

void only_one_has_the_turn(void**)
{
    const Fixture fixture;
    auto turns = fixture.turns();
    assert_true(turns.take(key, 0, 1000) == Taken::mine);
    assert_true(turns.take(key, 999, 2000) == Taken::busy);
    assert_true(turns.take(key + 1, 0, 1000) == Taken::mine);
    turns.end(key, 10);
    assert_true(turns.take(key, 10, 1000) == Taken::mine);
}

void another_process_has_it_while_it_lives(void**)
{
    const Fixture fixture;
    auto turns = fixture.turns();
    Other other{[&] { turns.take(key, 0, 1000); }};
    assert_true(turns.take(key, 1, 1000) == Taken::busy);
    turns.end(key, 1); // it is not ours
    turns.hold(key, 1, 500, 3);
    assert_true(turns.take(key, 1, 1000) == Taken::busy);
    assert_int_equal(turns.last_hold(key).reason, 0);
    other.end();
    assert_true(turns.take(key, 1, 1000) == Taken::mine);
}

void a_turn_that_is_forgotten_ends_in_time(void**)
{
    const Fixture fixture;
    auto turns = fixture.turns();
    const Other other{[&] { turns.take(key, 0, 1000); }};
    assert_true(turns.take(key, 1000, 2000) == Taken::mine);
}

void after_a_failure_nobody_has_a_turn_for_a_while(void**)
{
    const Fixture fixture;
    auto turns = fixture.turns();
    turns.take(key, 0, 1000);
    turns.hold(key, 10, 500, 3);
    assert_true(turns.take(key, 499, 1000) == Taken::held);
    assert_int_equal(turns.last_hold(key).reason, 3);
    assert_int_equal(turns.last_hold(key).until, 500);
    assert_true(turns.take(key, 500, 1000) == Taken::mine);
    assert_int_equal(turns.last_hold(key).reason, 3); // until it is known to be over
    turns.end(key, 501);
    assert_int_equal(turns.last_hold(key).reason, 0);
}

void a_failure_may_be_told_without_a_turn(void**)
{
    const Fixture fixture;
    auto turns = fixture.turns();
    turns.hold(key, 0, 500, 2);
    turns.hold(key, 0, 300, 1); // ends no earlier for it
    assert_int_equal(turns.last_hold(key).until, 500);
    assert_int_equal(turns.last_hold(key + 1).reason, 0);
}

void a_turn_never_gives_way_to_another_key(void**)
{
    const Fixture fixture;
    auto turns = fixture.turns();
    std::size_t mine = 0;
    for (std::uint64_t one = 1; one <= 1000; one++) {
        mine += turns.take(one * 8, 0, 1000) == Taken::mine ? 1 : 0; // all of one set
    }
    assert_int_equal(mine, 8);
    assert_true(turns.take(8000, 0, 1000) == Taken::busy);
    assert_true(turns.take(9000 * 8, 1000, 2000) == Taken::mine); // once they are over
}

void the_key_0_is_one_like_any_other(void**)
{
    const Fixture fixture;
    auto turns = fixture.turns();
    assert_true(turns.take(0, 0, 1000) == Taken::mine);
    assert_true(turns.take(0, 0, 1000) == Taken::busy);
}

void what_a_process_took_before_it_died_is_free(void**)
{
    const Fixture fixture;
    auto turns = fixture.turns();
    const Other dead{[&] { turns.take(key, 0, 1000); }, false};
    turns.hold(key, 1, 500, 3);
    assert_int_equal(turns.last_hold(key).reason, 3);
}

void a_machine_is_known_by_a_random_name(void**)
{
    const Fixture one;
    const Fixture other;
    assert_int_equal(one.turns().machine().size(), 16);
    assert_true(one.turns().machine() == one.turns().machine());
    assert_true(one.turns().machine() != other.turns().machine());
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(only_one_has_the_turn),
        cmocka_unit_test(another_process_has_it_while_it_lives),
        cmocka_unit_test(a_turn_that_is_forgotten_ends_in_time),
        cmocka_unit_test(after_a_failure_nobody_has_a_turn_for_a_while),
        cmocka_unit_test(a_failure_may_be_told_without_a_turn),
        cmocka_unit_test(a_turn_never_gives_way_to_another_key),
        cmocka_unit_test(the_key_0_is_one_like_any_other),
        cmocka_unit_test(what_a_process_took_before_it_died_is_free),
        cmocka_unit_test(a_machine_is_known_by_a_random_name),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
