#include "store/memory_store.hpp"

#include "support/stored.hpp"

#include <algorithm>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using Status = base::StoreReply::Status;

namespace {

constexpr base::Seconds minute = 60;

base::Record small(std::uint64_t number)
{
    return record_of(number, 100); // one block
}

/// One more small record in each minute until one has to go: how many they are.
std::uint64_t fill(Asker& asker)
{
    std::uint64_t count = 0;
    while (asker.status().evicted_live == 0) {
        const auto now = start + static_cast<base::Seconds>(count) * minute;
        assert_int_equal(asker.insert(id_of(count), small(count), now), Status::done);
        ++count;
    }
    assert_int_equal(asker.status().records, count - 1);
    assert_in_range(asker.status().bytes_used, one_shard - 4096, one_shard);
    return count;
}

base::Seconds after(std::uint64_t count)
{
    return start + static_cast<base::Seconds>(count) * minute;
}

void a_full_store_takes_one_more_for_one_less(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    const auto count = fill(asker);
    for (std::uint64_t i = 0; i < 10; ++i) {
        const auto number = count + i;
        assert_int_equal(asker.insert(id_of(number), small(number), after(count)), Status::done);
        assert_true(asker.has(id_of(number), after(count)));
    }
    const auto status = asker.status();
    assert_int_equal(status.records, count - 1);
    assert_int_equal(status.evicted_live, 11);
}

void who_was_used_lately_stays(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    const auto count = fill(asker);
    std::vector<std::uint64_t> used;
    for (std::uint64_t i = 0; i < count; i += 2) {
        if (asker.has(id_of(i), after(count))) {
            used.push_back(i);
        }
    }
    for (std::uint64_t i = 0; i < count / 4; ++i) {
        asker.insert(id_of(count + i), small(count + i), after(count + 1));
    }
    assert_int_equal(asker.status().evicted_live, count / 4 + 1);
    for (const auto number : used) {
        assert_true(asker.has(id_of(number), after(count + 1)));
    }
}

void of_those_of_one_page_the_oldest_goes(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    fill(asker);
    assert_false(asker.has(id_of(0)));
    assert_true(asker.has(id_of(1)));
}

void a_replacement_counts_as_use(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    const auto count = fill(asker);
    assert_true(asker.has(id_of(5), start)); // for its version; not used for a long time
    auto next = small(5);
    next.version = asker.record().version;
    assert_int_equal(asker.replace(id_of(5), next, after(count)), Status::done);
    for (std::uint64_t i = 0; i < count / 4; ++i) {
        asker.insert(id_of(count + i), small(count + i), after(count + 1));
    }
    assert_true(asker.has(id_of(5), after(count + 1)));
}

void the_expired_go_before_the_living(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    auto dying = small(1001);
    dying.limit = start + minute;
    asker.insert(id_of(1000), small(1000), start - minute);
    asker.insert(id_of(1001), dying, start);
    std::uint64_t count = 0; // until the store is full by half
    for (; asker.status().bytes_used < one_shard / 2; ++count) {
        asker.insert(id_of(count), small(count), start);
    }
    const auto records = asker.status().records;
    asker.store().sweep(after(1), count + 100);
    assert_int_equal(asker.status().records, records - 1);
    assert_int_equal(asker.status().expired, 1);
    assert_true(asker.has(id_of(1000), after(1)));
    assert_false(asker.has(id_of(1001), after(1)));
}

void the_dead_make_room_without_being_counted_as_evicted(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    const auto count = fill(asker);
    const auto much_later = start + 20 * a_day;
    for (std::uint64_t i = 0; i < count - 1; ++i) {
        auto record = small(count + i);
        record.limit = much_later + a_day;
        assert_int_equal(asker.insert(id_of(count + i), record, much_later), Status::done);
    }
    assert_int_equal(asker.status().evicted_live, 1);
    assert_int_equal(asker.status().expired, count - 1);
    assert_int_equal(asker.status().records, count - 1);
}

void the_dead_do_not_pile_up_while_there_is_room(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 1000; ++i) {
        auto record = small(i);
        record.idle_timeout = 10 * minute;
        asker.insert(id_of(i), record, after(i));
        assert_in_range(asker.status().records, 1, 40);
    }
}

constexpr std::size_t largest = 4096 - 32 - 52; // a page less its header and the record's

void a_record_that_can_never_fit_is_refused_and_costs_nobody_his_place(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    const auto count = fill(asker);
    for (const auto& record : {record_of(1, largest + 1), record_of(1, 8, largest),
                               record_of(1, largest * 9), record_of(1, 8, 1 << 20)}) {
        assert_int_equal(asker.insert(id_of(9999), record), Status::too_large);
        assert_true(asker.has(id_of(3), start));
        auto next = record;
        next.version = asker.record().version;
        assert_int_equal(asker.replace(id_of(3), next), Status::too_large);
    }
    assert_int_equal(asker.status().records, count - 1);
}

void a_large_record_takes_the_place_of_a_page_of_small_ones(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    const auto count = fill(asker);
    for (std::uint64_t i = 0; i < 100; ++i) {
        assert_int_equal(asker.insert(id_of(9000 + i), record_of(i, largest), after(count + i)),
                         Status::done);
        assert_true(asker.has(id_of(9000 + i), after(count + i)));
        assert_text(asker.record().hot, text_of(i, largest));
    }
    assert_in_range(asker.status().records, 28, count);
}

void a_record_grows_in_a_full_store_to_the_largest_size(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    fill(asker);
    assert_true(asker.has(id_of(5)));
    for (std::size_t size = 200;; size = std::min(size * 3 / 2, largest)) {
        auto next = record_of(size, size);
        next.version = asker.record().version;
        assert_int_equal(asker.replace(id_of(5), next), Status::done);
        assert_true(asker.has(id_of(5)));
        assert_text(asker.record().hot, next.hot);
        if (size == largest) {
            break;
        }
    }
}

void sessions_of_every_size_find_a_place_in_a_full_store(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 20000; ++i) {
        const auto hot = 8 + i * 7919 % 1900;
        assert_int_equal(asker.insert(id_of(i), record_of(i, hot, i % 3 * 1000 + 8)), Status::done);
        assert_true(asker.has(id_of(i)));
    }
    assert_in_range(asker.status().records, 30, 400);
}

void a_tag_forgets_who_was_evicted(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 3000; ++i) {
        auto record = small(i);
        record.tags = {id_of(5000 + i % 2), id_of(6000 + i % 3)};
        assert_int_equal(asker.insert(id_of(i), record), Status::done);
    }
    asker.remove_tagged(id_of(5000));
    asker.remove_tagged(id_of(5001));
    assert_int_equal(asker.status().records, 0);
    assert_in_range(asker.status().evicted_live, 2000, 2999);
}

void a_crowded_shard_evicts_its_own_alone(void**)
{
    constexpr std::size_t two_shards = 4 * 1024 * 1024;
    const Stored stored{two_shards};
    Asker asker{stored.memory()};
    auto elsewhere = id_of(1);
    elsewhere[0] = 1;
    asker.insert(elsewhere, small(1), start - a_day / 2);
    for (std::uint64_t i = 0; i < 20000; ++i) {
        auto id = id_of(i);
        id[0] = 0;
        asker.insert(id, small(i));
    }
    assert_true(asker.status().evicted_live > 1000);
    assert_true(asker.has(elsewhere));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_full_store_takes_one_more_for_one_less),
        cmocka_unit_test(who_was_used_lately_stays),
        cmocka_unit_test(of_those_of_one_page_the_oldest_goes),
        cmocka_unit_test(a_replacement_counts_as_use),
        cmocka_unit_test(the_expired_go_before_the_living),
        cmocka_unit_test(the_dead_make_room_without_being_counted_as_evicted),
        cmocka_unit_test(the_dead_do_not_pile_up_while_there_is_room),
        cmocka_unit_test(a_record_that_can_never_fit_is_refused_and_costs_nobody_his_place),
        cmocka_unit_test(a_large_record_takes_the_place_of_a_page_of_small_ones),
        cmocka_unit_test(a_record_grows_in_a_full_store_to_the_largest_size),
        cmocka_unit_test(sessions_of_every_size_find_a_place_in_a_full_store),
        cmocka_unit_test(a_tag_forgets_who_was_evicted),
        cmocka_unit_test(a_crowded_shard_evicts_its_own_alone),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
