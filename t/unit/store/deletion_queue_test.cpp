#include "store/deletion_queue.hpp"

#include "support/shared_memory.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using store::Deletion;
using store::DeletionQueue;

namespace {

constexpr std::size_t most = 3;
constexpr store::Millis lease = 1000;

class Memory {
public:
    Memory() { DeletionQueue::format(memory_.get(), most); }

    DeletionQueue here() const { return DeletionQueue{memory_.get()}; }
    DeletionQueue elsewhere() { return DeletionQueue{memory_.elsewhere()}; }

private:
    SharedMemory memory_{4096};
};

Deletion deletion(std::uint64_t number)
{
    return {Deletion::Of::record, id_of(number)};
}

void what_one_adds_another_takes(void**)
{
    Memory memory;
    assert_true(memory.here().add({Deletion::Of::tag, id_of(1)}, 0));
    const auto taken = memory.elsewhere().take(10, lease);
    assert_true(taken && *taken == (Deletion{Deletion::Of::tag, id_of(1)}));
    memory.elsewhere().done(*taken);
    assert_int_equal(memory.here().size(), 0);
    assert_false(memory.here().take(10'000, lease).has_value());
}

void two_of_one_tag_become_one_that_does_both(void**)
{
    const Memory memory;
    auto queue = memory.here();
    const Deletion first{Deletion::Of::tag, id_of(1), 20, 100};
    const Deletion second{Deletion::Of::tag, id_of(1), 30, 50};
    queue.add(first, 0);
    queue.add(second, 0);
    assert_int_equal(queue.size(), 1);
    queue.done(first); // not all of it
    const auto both = queue.take(10, lease);
    assert_true(both && *both == (Deletion{Deletion::Of::tag, id_of(1), 30, 100}));
    queue.done(*both);
    assert_int_equal(queue.size(), 0);
}

void nobody_takes_what_another_works_on(void**)
{
    const Memory memory;
    auto queue = memory.here();
    queue.add(deletion(1), 0);
    assert_true(queue.take(10, lease).has_value());
    assert_false(queue.take(10, lease).has_value());
    assert_false(queue.take(1009, lease).has_value());
    assert_true(queue.take(1010, lease).has_value()); // the first one has died
}

void who_adds_may_do_it_himself_first(void**)
{
    const Memory memory;
    auto queue = memory.here();
    queue.add(deletion(1), 500);
    assert_false(queue.take(499, lease).has_value());
    assert_true(queue.take(500, lease).has_value());
}

void a_clock_that_was_set_back_hides_nothing(void**)
{
    const Memory memory;
    auto queue = memory.here();
    queue.add(deletion(1), 1'000'000);
    assert_true(queue.take(10, lease).has_value());
}

void it_is_bounded(void**)
{
    const Memory memory;
    auto queue = memory.here();
    for (std::uint64_t i = 0; i < most; ++i) {
        assert_true(queue.add(deletion(i), 0));
    }
    assert_false(queue.add(deletion(9), 0));
    assert_true(queue.add(deletion(1), 0)); // is there already
    assert_int_equal(queue.size(), most);
    queue.done(deletion(1));
    assert_true(queue.add(deletion(9), 0));
}

void each_has_its_turn(void**)
{
    const Memory memory;
    auto queue = memory.here();
    for (std::uint64_t i = 0; i < most; ++i) {
        queue.add(deletion(i), 0);
    }
    assert_true(*queue.take(0, 1) == deletion(0));
    assert_true(*queue.take(5, 1) == deletion(1)); // 0 is free again, and waits for the others
    assert_true(*queue.take(10, 1) == deletion(2));
    assert_true(*queue.take(15, 1) == deletion(0));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(what_one_adds_another_takes),
        cmocka_unit_test(two_of_one_tag_become_one_that_does_both),
        cmocka_unit_test(nobody_takes_what_another_works_on),
        cmocka_unit_test(who_adds_may_do_it_himself_first),
        cmocka_unit_test(a_clock_that_was_set_back_hides_nothing),
        cmocka_unit_test(it_is_bounded),
        cmocka_unit_test(each_has_its_turn),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
