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

/// One more small record in each minute until no room is left: how many they are.
std::uint64_t fill(Asker& asker)
{
    std::uint64_t count = 0;
    while (asker.status().bytes_used < asker.status().bytes_total) {
        const auto now = start + static_cast<base::Seconds>(count) * minute;
        assert_int_equal(asker.insert(id_of(count), small(count), now), Status::done);
        ++count;
    }
    assert_int_equal(asker.status().evicted_live, 0);
    return count;
}

void a_full_store_takes_one_more_for_one_less(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    const auto count = fill(asker);
    const auto now = start + static_cast<base::Seconds>(count) * minute;
    for (std::uint64_t i = 0; i < 10; ++i) {
        assert_int_equal(asker.insert(id_of(count + i), small(count + i), now), Status::done);
        assert_true(asker.has(id_of(count + i), now));
    }
    const auto status = asker.status();
    assert_int_equal(status.records, count);
    assert_int_equal(status.evicted_live, 10);
}

void the_least_recently_used_goes_first(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    const auto count = fill(asker);
    const auto later = start + static_cast<base::Seconds>(count) * minute;
    for (std::uint64_t i = 0; i < count; i += 2) {
        assert_true(asker.has(id_of(i), later));
    }
    std::uint64_t fresh = count;
    while (asker.status().evicted_live < 20) {
        asker.insert(id_of(fresh), small(fresh), later + minute);
        ++fresh;
    }
    for (std::uint64_t i = 0; i < 60; ++i) {
        assert_true(asker.has(id_of(i), later + minute) == (i % 2 == 0 || i >= 40));
    }
}

void a_replacement_counts_as_use(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    const auto count = fill(asker);
    const auto later = start + static_cast<base::Seconds>(count) * minute;
    assert_true(asker.has(id_of(0), start)); // for its version; not used for a long time
    auto next = small(0);
    next.version = asker.record().version;
    assert_int_equal(asker.replace(id_of(0), next, later), Status::done);
    for (std::uint64_t i = 0; i < 5; ++i) {
        asker.insert(id_of(count + i), small(count + i), later + minute);
    }
    assert_true(asker.has(id_of(0), later + minute));
    assert_false(asker.has(id_of(1), later + minute));
}

void the_expired_go_before_the_living(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    auto dying = small(1001);
    dying.limit = start + minute;
    asker.insert(id_of(1000), small(1000), start - minute);
    asker.insert(id_of(1001), dying, start);
    const auto count = fill(asker);
    const auto later = start + static_cast<base::Seconds>(count) * minute;
    asker.insert(id_of(2000), small(2000), later);
    assert_int_equal(asker.status().evicted_live, 0);
    assert_true(asker.has(id_of(1000), later));
    assert_false(asker.has(id_of(1001), later));
}

void the_dead_make_room_without_being_counted(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    const auto count = fill(asker);
    const auto much_later = start + 20 * a_day;
    for (std::uint64_t i = 0; i < count; ++i) {
        auto record = small(count + i);
        record.limit = much_later + a_day;
        assert_int_equal(asker.insert(id_of(count + i), record, much_later), Status::done);
    }
    assert_int_equal(asker.status().evicted_live, 0);
    assert_int_equal(asker.status().records, count);
}

void the_dead_do_not_pile_up_while_there_is_room(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const auto now = start + static_cast<base::Seconds>(i) * minute;
        auto record = small(i);
        record.idle_timeout = 10 * minute;
        asker.insert(id_of(i), record, now);
        assert_in_range(asker.status().records, 1, 11);
    }
}

std::size_t largest_that_fits(Asker& asker)
{
    std::size_t fits = 8;
    for (std::size_t step = one_shard; step > 0; step /= 2) {
        if (asker.insert(id_of(9999), record_of(1, fits + step)) == Status::done) {
            fits += step;
            asker.remove(id_of(9999));
        }
    }
    return fits;
}

void a_record_that_can_never_fit_is_refused_and_costs_nobody_his_place(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    const auto largest = largest_that_fits(asker);
    assert_in_range(largest, one_shard * 9 / 10, one_shard);
    const auto count = fill(asker);
    assert_int_equal(asker.insert(id_of(9999), record_of(1, largest + 1)), Status::too_large);
    assert_int_equal(asker.insert(id_of(9999), record_of(1, 8, largest)), Status::too_large);
    assert_int_equal(asker.insert(id_of(9999), record_of(1, largest * 9)), Status::too_large);
    assert_true(asker.has(id_of(3), start));
    auto next = record_of(3, largest + 1);
    next.version = asker.record().version;
    assert_int_equal(asker.replace(id_of(3), next), Status::too_large);
    assert_true(asker.has(id_of(3), start));
    assert_int_equal(asker.status().records, count);
}

void the_largest_record_takes_the_place_of_all_others(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    const auto largest = largest_that_fits(asker);
    const auto count = fill(asker);
    assert_int_equal(asker.insert(id_of(9999), record_of(1, largest)), Status::done);
    assert_true(asker.has(id_of(9999)));
    assert_text(asker.record().hot, text_of(1, largest));
    assert_int_equal(asker.status().records, 1);
    assert_int_equal(asker.status().evicted_live, count);
}

void a_record_grows_in_a_full_store_until_it_is_alone(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    const auto largest = largest_that_fits(asker);
    const auto count = fill(asker);
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
    assert_int_equal(asker.status().records, 1);
    assert_int_equal(asker.status().evicted_live, count - 1);
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
    const Stored stored{2 * one_shard};
    Asker asker{stored.memory()};
    auto elsewhere = id_of(1);
    elsewhere[0] = 1;
    asker.insert(elsewhere, small(1), start - a_day / 2);
    for (std::uint64_t i = 0; i < 2000; ++i) {
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
        cmocka_unit_test(the_least_recently_used_goes_first),
        cmocka_unit_test(a_replacement_counts_as_use),
        cmocka_unit_test(the_expired_go_before_the_living),
        cmocka_unit_test(the_dead_make_room_without_being_counted),
        cmocka_unit_test(the_dead_do_not_pile_up_while_there_is_room),
        cmocka_unit_test(a_record_that_can_never_fit_is_refused_and_costs_nobody_his_place),
        cmocka_unit_test(the_largest_record_takes_the_place_of_all_others),
        cmocka_unit_test(a_record_grows_in_a_full_store_until_it_is_alone),
        cmocka_unit_test(a_tag_forgets_who_was_evicted),
        cmocka_unit_test(a_crowded_shard_evicts_its_own_alone),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
