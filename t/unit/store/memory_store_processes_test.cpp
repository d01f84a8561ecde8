// Several processes in one memory, some of which are killed wherever they happen to be.
#include "store/memory_store.hpp"

#include "support/stored.hpp"

#include <array>
#include <atomic>
#include <random>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using Status = base::StoreReply::Status;

namespace {

/// What one process does at random to records of all.
bool hammer(void* memory, std::uint32_t seed, int times)
{
    constexpr std::uint64_t numbers = 200;
    Asker asker{memory};
    std::mt19937 random{seed};
    for (int i = 0; i < times; ++i) {
        const auto id = id_of(random() % numbers);
        auto record = record_of(random(), 8 + random() % 700, 8 + random() % 900);
        record.tags = {id_of(1000 + random() % 50)};
        if (asker.find(id) == Status::done) {
            if (!is_whole(asker.record())) {
                return false;
            }
            record.version = asker.record().version;
        }
        switch (random() % 8) {
        case 0:
            asker.remove(id);
            break;
        case 1:
            asker.remove_tagged(id_of(1000 + random() % 50));
            break;
        case 2:
        case 3:
        case 4:
            asker.replace(id, record);
            break;
        default:
            asker.insert(id, record);
        }
    }
    return true;
}

/// How many of those that hammer() may have left are there; all have to be whole.
std::size_t count_whole(Asker& asker)
{
    std::size_t count = 0;
    for (std::uint64_t number = 0; number < 200; ++number) {
        if (asker.has(id_of(number))) {
            assert_true(is_whole(asker.record()));
            ++count;
        }
    }
    return count;
}

void processes_that_write_the_same_records_never_see_half_of_one(void**)
{
    for (const std::size_t bytes : {store::MemoryStore::smallest, 4 * one_shard}) {
        const Stored stored{bytes};
        std::array<pid_t, 4> children{};
        for (std::size_t i = 0; i < children.size(); ++i) {
            children[i] = start_process(
                [&] { return hammer(stored.memory(), static_cast<std::uint32_t>(i), 10000); });
        }
        for (const auto child : children) {
            assert_true(ended_well(child));
        }
        Asker asker{stored.memory()};
        assert_int_equal(count_whole(asker), asker.status().records);
        assert_int_equal(asker.status().rebuilt, 0);
    }
}

bool count_up(void* memory, int times)
{
    Asker asker{memory};
    while (times > 0) {
        if (asker.find(id_of(1)) != Status::done) {
            return false;
        }
        auto next = record_of(seed_of(asker.record().hot) + 1, 100);
        next.version = asker.record().version;
        times -= asker.replace(id_of(1), next) == Status::done ? 1 : 0;
    }
    return true;
}

void no_change_is_lost_between_reading_and_replacing(void**)
{
    const Stored stored{one_shard};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), record_of(0, 100));
    std::array<pid_t, 4> children{};
    for (auto& child : children) {
        child = start_process([&] { return count_up(stored.memory(), 5000); });
    }
    for (const auto child : children) {
        assert_true(ended_well(child));
    }
    asker.find(id_of(1));
    assert_int_equal(seed_of(asker.record().hot), 20000);
}

/// What a process that may be killed has done and what it was about to do, for those who live on.
struct Journal {
    static constexpr std::uint64_t nothing = 0; // no record
    static constexpr std::uint64_t no_plan = ~std::uint64_t{0};

    struct Entry {
        std::atomic<std::uint64_t> sure{nothing}; // the seed of what is there
        std::atomic<std::uint64_t> planned{no_plan};
    };
    static constexpr std::size_t numbers = 40;
    static constexpr std::size_t groups = 4;
    std::array<Entry, numbers> entries;
    std::atomic<bool> started{false};
    std::atomic<bool> stop{false};

    void plan(std::size_t number, std::uint64_t seed) { entries[number].planned = seed; }
    void done(std::size_t number)
    {
        entries[number].sure = entries[number].planned.load();
        entries[number].planned = no_plan;
    }
};

base::RecordId group_of(std::size_t number)
{
    return id_of(5000 + number % Journal::groups);
}

/// Changes one record, or a group of them.
void change_journaled(Asker& asker, Journal& journal, std::size_t number, std::uint64_t seed)
{
    const auto id = id_of(number);
    auto record = record_of(seed, 8 + seed % 400, 8 + seed % 500);
    record.tags = {group_of(number), id_of(9000 + number)};
    if (seed % 50 == 0) {
        for (auto i = number % Journal::groups; i < Journal::numbers; i += Journal::groups) {
            journal.plan(i, Journal::nothing);
        }
        asker.remove_tagged(group_of(number));
        for (auto i = number % Journal::groups; i < Journal::numbers; i += Journal::groups) {
            journal.done(i);
        }
        return;
    }
    if (asker.find(id) != Status::done) {
        journal.plan(number, seed);
        asker.insert(id, record);
    } else if (seed % 4 == 0) {
        journal.plan(number, Journal::nothing);
        asker.remove(id);
    } else {
        record.version = asker.record().version;
        journal.plan(number, seed);
        asker.replace(id, record);
    }
    journal.done(number);
}

bool change_for_ever(void* memory, Journal& journal, std::uint64_t seed)
{
    Asker asker{memory};
    std::mt19937_64 random{seed};
    journal.started = true;
    for (;;) {
        change_journaled(asker, journal, random() % Journal::numbers, random() >> 1U);
    }
}

/// Everything the killed one had done is there, and what it was doing is done or not done.
void check_against(Journal& journal, Asker& asker)
{
    for (std::size_t number = 0; number < Journal::numbers; ++number) {
        auto& entry = journal.entries[number];
        auto seed = Journal::nothing;
        if (asker.has(id_of(number))) {
            assert_true(is_whole(asker.record()));
            seed = seed_of(asker.record().hot);
        }
        const bool as_journaled = seed == entry.sure || seed == entry.planned;
        assert_true(as_journaled);
        entry.sure = seed;
        entry.planned = Journal::no_plan;
    }
}

/// Goes on beside those who are killed, with records of its own.
bool work_until_stopped(void* memory, const Journal& journal)
{
    Asker asker{memory};
    for (std::uint64_t i = 0; !journal.stop; ++i) {
        const auto id = id_of(7000 + i % 8);
        const auto record = record_of(i, 300, 300);
        if (asker.insert(id, record) != Status::done || !asker.has(id) ||
            asker.record().hot != record.hot || asker.record().cold != record.cold ||
            asker.remove(id) != Status::done || asker.has(id)) {
            return false;
        }
    }
    return true;
}

void wait_for(const std::atomic<bool>& flag)
{
    while (!flag) {
        usleep(50);
    }
}

void a_killed_process_leaves_no_lock_held_and_no_record_torn_or_lost(void**)
{
    const Stored stored{one_shard};
    const SharedMemory journal_memory{sizeof(Journal)};
    auto& journal = *new (journal_memory.get()) Journal;
    Asker asker{stored.memory()};
    const auto worker = start_process([&] { return work_until_stopped(stored.memory(), journal); });
    for (std::uint64_t kill = 0; kill < 200 || asker.status().rebuilt < 10; ++kill) {
        journal.started = false;
        const auto child =
            start_process([&] { return change_for_ever(stored.memory(), journal, kill); });
        wait_for(journal.started);
        usleep(static_cast<useconds_t>(kill * 373 % 1000));
        kill_process(child);
        check_against(journal, asker);
    }
    journal.stop = true;
    assert_true(ended_well(worker));
    print_message("%lu were killed inside the lock\n", asker.status().rebuilt);
    assert_int_equal(asker.status().evicted_live, 0);
    for (std::size_t group = 0; group < Journal::groups; ++group) {
        asker.remove_tagged(group_of(group));
    }
    assert_int_equal(asker.status().records, 0);
}

void processes_killed_while_they_evict_leave_whole_records(void**)
{
    const Stored stored{store::MemoryStore::smallest};
    Asker asker{stored.memory()};
    const auto empty = asker.status();
    for (std::uint32_t kill = 0; kill < 50 || asker.status().rebuilt < 10; ++kill) {
        const auto one = start_process([&] { return hammer(stored.memory(), kill, 1 << 30); });
        const auto other = start_process([&] { return hammer(stored.memory(), ~kill, 1 << 30); });
        usleep(1000 + kill * 37 % 1000);
        kill_process(one);
        count_whole(asker);
        kill_process(other);
        assert_int_equal(count_whole(asker), asker.status().records);
    }
    assert_true(asker.status().evicted_live > 0);
    for (std::uint64_t number = 0; number < 200; ++number) {
        asker.remove(id_of(number));
    }
    assert_int_equal(asker.status().records, 0);
    assert_int_equal(asker.status().bytes_used, empty.bytes_used);
}

} // namespace

int main()
{
    alarm(
        120); // a lock that is never given back ends the test; so do too few deaths inside the lock
    const CMUnitTest tests[] = {
        cmocka_unit_test(processes_that_write_the_same_records_never_see_half_of_one),
        cmocka_unit_test(no_change_is_lost_between_reading_and_replacing),
        cmocka_unit_test(a_killed_process_leaves_no_lock_held_and_no_record_torn_or_lost),
        cmocka_unit_test(processes_killed_while_they_evict_leave_whole_records),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
