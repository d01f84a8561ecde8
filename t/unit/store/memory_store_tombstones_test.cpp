// Tombstones and records in a store that has no room for all of them.
#include "store/memory_store.hpp"

#include "store/shards.hpp"
#include "support/stored.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using Status = base::StoreReply::Status;

namespace {

// Numbers of groups that no login has: a grave is found by the hash of its group.
constexpr std::uint64_t groups = std::uint64_t{5} << 60U;
constexpr std::uint64_t as_small_as_a_tombstone = 8;
constexpr std::uint64_t usual = 300;

void fill(Asker& asker, std::uint64_t bytes)
{
    for (std::uint64_t i = 0; asker.status().evicted_live == 0; ++i) {
        assert_int_equal(asker.insert(id_of(i), record_of(i, bytes)), Status::done);
    }
}

/// A hundred in each second.
void log_out(Asker& asker, std::uint64_t count)
{
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto now = start + static_cast<base::Seconds>(i / 100);
        const base::RemoveTagged logout{id_of(groups + i), now, now, now + 600};
        assert_int_equal(asker.ask(logout), Status::done);
    }
}

/// Of these groups so many are still kept out.
std::uint64_t kept_out(const Stored& stored, std::uint64_t first, std::uint64_t end)
{
    const store::Shards shards{stored.memory()};
    std::uint64_t kept = 0;
    for (std::uint64_t i = first; i < end; ++i) {
        const auto tag = id_of(groups + i);
        shards.with(shards.number_of(tag), [&](const store::Shard& shard) {
            kept += shard.is_buried(tag, start, start) ? 1U : 0U;
        });
    }
    return kept;
}

void no_number_of_logins_into_a_full_store_undoes_a_logout(void**)
{
    for (const auto bytes : {as_small_as_a_tombstone, usual}) {
        const Stored stored{one_shard};
        Asker asker{stored.memory()};
        fill(asker, bytes);
        log_out(asker, 200);
        for (std::uint64_t i = 0; i < 5000; ++i) {
            asker.insert(id_of(10000 + i), record_of(i, bytes), start + 300);
        }
        assert_int_equal(asker.status().tombstones, 200);
        assert_int_equal(kept_out(stored, 0, 200), 200);
    }
}

void logins_of_every_size_undo_no_logout(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    log_out(asker, 300); // have more pages than any size of records
    for (std::uint64_t i = 0; i < 5000; ++i) {
        const auto hot = 200 + i * 7919 % 3500;
        assert_int_equal(asker.insert(id_of(i), record_of(i, hot), start + 300), Status::done);
        assert_true(asker.has(id_of(i), start + 300));
    }
    assert_true(asker.status().evicted_live > 4000);
    assert_int_equal(asker.status().tombstones, 300);
    assert_int_equal(kept_out(stored, 0, 300), 300);
}

void no_number_of_logouts_takes_all_room_from_sessions(void**)
{
    for (const auto bytes : {as_small_as_a_tombstone, usual}) {
        const Stored stored{one_shard};
        Asker asker{stored.memory()};
        fill(asker, bytes);
        const auto before = asker.status();
        log_out(asker, 20000);
        const auto status = asker.status();
        assert_in_range(status.records, before.records / 2, before.records);
        assert_in_range(status.tombstones, one_shard / 64 / 8, one_shard / 64 / 3);
        assert_int_equal(kept_out(stored, 19900, 20000), 100); // the latest stand
    }
}

void a_tombstone_that_counts_no_more_goes_before_a_session(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    log_out(asker, 20);
    fill(asker, as_small_as_a_tombstone);
    const auto before = asker.status();
    for (std::uint64_t i = 0; i < 500; ++i) {
        asker.insert(id_of(10000 + i), record_of(i, as_small_as_a_tombstone), start + 600);
    }
    assert_int_equal(asker.status().tombstones, 0);
    assert_int_equal(asker.status().records, before.records + 20);
}

void sessions_take_back_what_tombstones_have_beyond_their_part(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    log_out(asker, 5000);
    assert_true(asker.status().tombstones > one_shard / 64 / 2);
    for (std::uint64_t i = 0; i < 2000; ++i) {
        asker.insert(id_of(i), record_of(i, usual));
    }
    assert_in_range(asker.status().tombstones, one_shard / 64 / 8, one_shard / 64 / 4);
    assert_true(asker.status().records * usual > one_shard / 2);
}

void a_session_finds_a_place_when_there_are_tombstones_alone(void**)
{
    for (const std::uint64_t bytes : {as_small_as_a_tombstone, usual, std::uint64_t{4000}}) {
        const Stored stored{store::MemoryStore::smallest};
        Asker asker{stored.memory()};
        log_out(asker, 5000);
        assert_int_equal(asker.insert(id_of(1), record_of(1, bytes)), Status::done);
        assert_true(asker.has(id_of(1)));
        assert_int_equal(asker.status().evicted_live, 0);
        assert_true(asker.status().tombstones > 300);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(no_number_of_logins_into_a_full_store_undoes_a_logout),
        cmocka_unit_test(logins_of_every_size_undo_no_logout),
        cmocka_unit_test(no_number_of_logouts_takes_all_room_from_sessions),
        cmocka_unit_test(a_tombstone_that_counts_no_more_goes_before_a_session),
        cmocka_unit_test(sessions_take_back_what_tombstones_have_beyond_their_part),
        cmocka_unit_test(a_session_finds_a_place_when_there_are_tombstones_alone),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
