#include "store/robust_lock.hpp"

#include "support/shared_memory.hpp"

#include "support/check.hpp"

using namespace ciam;
using ciam::store::RobustLock;

namespace {

struct Shared {
    pthread_mutex_t mutex;
    int counter;
};

class Fixture {
public:
    Fixture() { store::init_robust_mutex(get().mutex); }
    Shared& get() const { return *static_cast<Shared*>(memory_.get()); }

private:
    test::SharedMemory memory_{4096};
};

void count_up(Shared& shared, int times)
{
    for (int i = 0; i < times; ++i) {
        const RobustLock lock{shared.mutex, [] {}};
        shared.counter = shared.counter + 1;
    }
}

void one_process_at_a_time_holds_it(void**)
{
    const Fixture fixture;
    auto& shared = fixture.get();
    const auto child = test::start_process([&] {
        count_up(shared, 200000);
        return true;
    });
    count_up(shared, 200000);
    assert_true(test::ended_well(child));
    assert_int_equal(shared.counter, 400000);
}

void the_next_after_a_death_repairs_once(void**)
{
    const Fixture fixture;
    auto& shared = fixture.get();
    const auto child = test::start_process([&] {
        const RobustLock lock{shared.mutex, [] {}};
        return raise(SIGKILL) == 0;
    });
    assert_false(test::ended_well(child));
    int repairs = 0;
    for (int i = 0; i < 3; ++i) {
        const RobustLock lock{shared.mutex, [&] { ++repairs; }};
        assert_true(lock.held());
    }
    assert_int_equal(repairs, 1);
}

void a_death_in_the_repair_leaves_it_to_the_next(void**)
{
    const Fixture fixture;
    auto& shared = fixture.get();
    for (int i = 0; i < 2; ++i) {
        const auto child = test::start_process([&] {
            const RobustLock lock{shared.mutex, [] { raise(SIGKILL); }};
            return raise(SIGKILL) == 0;
        });
        assert_false(test::ended_well(child));
    }
    int repairs = 0;
    const RobustLock lock{shared.mutex, [&] { ++repairs; }};
    assert_true(lock.held());
    assert_int_equal(repairs, 1);
}

} // namespace

int main()
{
    alarm(60);
    const CMUnitTest tests[] = {
        cmocka_unit_test(one_process_at_a_time_holds_it),
        cmocka_unit_test(the_next_after_a_death_repairs_once),
        cmocka_unit_test(a_death_in_the_repair_leaves_it_to_the_next),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
