// What the status tells beside counting records.
#include "store/memory_store.hpp"

#include "store/shards.hpp"
#include "support/stored.hpp"

#include <atomic>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using Status = base::StoreReply::Status;

namespace {

constexpr std::size_t everywhere = 10000; // more places than a shard has

void the_oldest_use_is_that_of_the_session_nobody_has_used_for_longest(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    assert_false(asker.status().oldest_use.has_value());
    for (std::uint64_t i = 0; i < 50; ++i) {
        asker.insert(id_of(i), record_of(i, 100), start + 100 + static_cast<base::Seconds>(i));
    }
    asker.store().sweep(start + 200, everywhere);
    assert_int_equal(asker.status().oldest_use.value_or(0), start + 100);
    for (std::uint64_t i = 0; i < 10; ++i) {
        asker.has(id_of(i), start + 190);
    }
    asker.store().sweep(start + 200, everywhere);
    assert_int_equal(asker.status().oldest_use.value_or(0), start + 110);
    asker.remove(id_of(10));
    asker.store().sweep(start + 200, everywhere);
    assert_int_equal(asker.status().oldest_use.value_or(0), start + 111);
}

void what_a_look_up_finds_expired_is_counted_once(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), record_of(1, 100));
    asker.insert(id_of(2), record_of(2, 100));
    assert_false(asker.has(id_of(1), start + a_day));
    assert_false(asker.has(id_of(1), start + a_day));
    assert_int_equal(asker.status().expired, 1);
    asker.store().sweep(start + a_day, everywhere);
    assert_int_equal(asker.status().expired, 2);
    assert_int_equal(asker.status().evicted_live, 0);
}

void records_without_a_tag_are_told_apart(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    auto session = record_of(1, 100);
    session.tags = {id_of(1000)};
    const auto untagged = [&] {
        const store::Shards shards{stored.memory()};
        const auto before = asker.status().untagged;
        shards.with(0, [](store::Shard& shard) { shard.rebuild(); });
        assert_int_equal(asker.status().untagged, before);
        return before;
    };
    asker.insert(id_of(1), session);
    assert_int_equal(untagged(), 0);
    asker.insert(id_of(2), record_of(2, 100));
    asker.insert(id_of(3), record_of(3, 100));
    asker.ask(base::RemoveTagged{id_of(2000), start, start, start + 600}); // leaves a tombstone
    assert_int_equal(untagged(), 2);
    assert_int_equal(asker.status().records, 3);
    assert_true(asker.has(id_of(2)));
    session.version = asker.record().version;
    assert_int_equal(asker.replace(id_of(2), session), Status::done);
    assert_int_equal(untagged(), 1);
    asker.remove(id_of(1));
    assert_int_equal(untagged(), 1);
    asker.store().sweep(start + a_day, everywhere);
    assert_int_equal(untagged(), 0);
}

void who_waits_for_a_lock_is_counted_with_how_long(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), record_of(1, 100));
    assert_int_equal(asker.status().lock_waits, 0);
    const SharedMemory flag{sizeof(std::atomic<bool>)};
    auto& is_held = *new (flag.get()) std::atomic<bool>{false};
    const auto child = start_process([&] {
        return store::Shards{stored.memory()}.with(0, [&](const store::Shard&) {
            is_held = true;
            usleep(20000);
        });
    });
    while (!is_held) {
        usleep(100);
    }
    assert_true(asker.has(id_of(1)));
    assert_true(ended_well(child));
    const auto status = asker.status();
    assert_int_equal(status.lock_waits, 1);
    assert_int_equal(std::count(status.waits.begin(), status.waits.end(), 1), 1);
    assert_int_equal(status.waits[0], 0);
    assert_in_range(status.locks, 4, 20);
    assert_true(status.lock_wait_p999_us() >=
                1000); // of so few locks one is more than a thousandth
}

void the_999th_of_a_thousand_waits_is_told(void**)
{
    store::MemoryStoreStatus status;
    assert_int_equal(status.lock_wait_p999_us(), 0);
    status.locks = 1'000'000;
    status.waits[10] = 900;
    status.waits[3] = 101;
    assert_int_equal(status.lock_wait_p999_us(), 8);
    status.waits[10] = 1001;
    assert_int_equal(status.lock_wait_p999_us(), 1024);
    status.waits[10] = status.waits[3] = 400; // the others did not wait at all
    assert_int_equal(status.lock_wait_p999_us(), 0);
}

} // namespace

int main()
{
    alarm(60);
    const CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_use_is_that_of_the_session_nobody_has_used_for_longest),
        cmocka_unit_test(what_a_look_up_finds_expired_is_counted_once),
        cmocka_unit_test(records_without_a_tag_are_told_apart),
        cmocka_unit_test(who_waits_for_a_lock_is_counted_with_how_long),
        cmocka_unit_test(the_999th_of_a_thousand_waits_is_told),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
