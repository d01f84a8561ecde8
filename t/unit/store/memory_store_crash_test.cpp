// A million random operations, during which processes die again and again: what the store holds is
// what a map holds, but for the one operation that each death has cut off.
#include "store/memory_store.hpp"

#include "support/stored.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <random>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using Status = base::StoreReply::Status;

namespace {

constexpr std::uint64_t numbers = 150;
constexpr std::uint64_t groups = 10;
constexpr std::size_t operations = 1'000'000;
constexpr std::size_t longest_life = 8000; // in operations

struct Operation {
    enum Kind { insert, replace, remove, remove_group, find, sweep } kind;
    std::uint64_t number;
    std::uint64_t seed; // of the record
    std::size_t hot;
    std::size_t cold;
};

std::uint64_t group_of(std::uint64_t number)
{
    return number % groups;
}

base::RecordId tag_of(std::uint64_t group)
{
    return id_of(100000 + group);
}

/// The same ones for the same seed, in the process that does them and in the one that knows.
class Operations {
public:
    explicit Operations(std::uint64_t seed) : random_(seed) {}

    Operation next()
    {
        const auto dice = random_() % 100;
        const auto kind = dice < 35   ? Operation::insert
                          : dice < 60 ? Operation::replace
                          : dice < 80 ? Operation::remove
                          : dice < 82 ? Operation::remove_group
                          : dice < 98 ? Operation::find
                                      : Operation::sweep;
        const auto number = random_() % numbers;
        const auto hot = 8 + random_() % 400;
        return {kind, number, random_() >> 1U, hot, random_() % 2 == 0 ? 0 : 8 + random_() % 3000};
    }

private:
    std::mt19937_64 random_;
};

base::Record record_for(const Operation& operation)
{
    auto record = record_of(operation.seed, operation.hot, operation.cold);
    record.tags = {tag_of(group_of(operation.number)), id_of(200000 + operation.number)};
    return record;
}

void carry_out(Asker& asker, const Operation& operation)
{
    const auto id = id_of(operation.number);
    switch (operation.kind) {
    case Operation::insert:
        asker.insert(id, record_for(operation));
        return;
    case Operation::replace: {
        if (asker.find(id) == Status::done) {
            auto record = record_for(operation);
            record.version = asker.record().version;
            asker.replace(id, record);
        }
        return;
    }
    case Operation::remove:
        asker.remove(id);
        return;
    case Operation::remove_group:
        asker.remove_tagged(tag_of(group_of(operation.number)));
        return;
    case Operation::find:
        asker.find(id);
        return;
    case Operation::sweep:
        asker.store().sweep(start, 20);
    }
}

using Known = std::map<std::uint64_t, std::uint64_t>; // the seed of each record that is there

void carry_out(Known& known, const Operation& operation)
{
    switch (operation.kind) {
    case Operation::insert:
        known.emplace(operation.number, operation.seed);
        return;
    case Operation::replace:
        if (known.count(operation.number) != 0) {
            known[operation.number] = operation.seed;
        }
        return;
    case Operation::remove:
        known.erase(operation.number);
        return;
    case Operation::remove_group:
        std::erase_if(known, [&](const auto& entry) {
            return group_of(entry.first) == group_of(operation.number);
        });
        return;
    default:
        return;
    }
}

std::uint64_t seed_in(const Known& known, std::uint64_t number)
{
    const auto found = known.find(number);
    return found != known.end() ? found->second : 0;
}

/// Each record is as it was before the operation that was cut off, or as it was to be.
Known compare(Asker& asker, const Known& before, const Known& after)
{
    Known there;
    for (std::uint64_t number = 0; number < numbers; ++number) {
        const bool is_there = asker.has(id_of(number));
        assert_true(!is_there || is_whole(asker.record()));
        const auto seed = is_there ? seed_of(asker.record().hot) : 0;
        assert_true(seed == seed_in(before, number) || seed == seed_in(after, number));
        if (is_there) {
            there[number] = seed;
        }
    }
    assert_int_equal(asker.status().records, there.size());
    return there;
}

struct Progress {
    std::atomic<std::size_t> done{0};
};

/// Until it is killed, or has lived long.
bool live(void* memory, Progress& progress, std::uint64_t seed)
{
    Asker asker{memory};
    Operations all{seed};
    for (std::size_t i = 0; i < longest_life; ++i) {
        carry_out(asker, all.next());
        progress.done = i + 1;
    }
    return true;
}

/// How many operations the process has finished before it died.
std::size_t live_and_die(void* memory, Progress& progress, std::uint64_t seed)
{
    progress.done = 0;
    const auto child = start_process([&] { return live(memory, progress, seed); });
    const auto last = longest_life * (seed % 10 + 1) / 10;
    while (progress.done < std::min(last, longest_life - 1)) {
        usleep(20);
    }
    kill_process(child);
    return progress.done;
}

void a_million_operations_with_deaths_are_those_of_a_map(void**)
{
    const Stored stored{2 * 1024 * 1024};
    const SharedMemory progress_memory{sizeof(Progress)};
    auto& progress = *new (progress_memory.get()) Progress;
    Asker asker{stored.memory()};
    const auto empty = asker.status().bytes_used;
    Known known;
    std::size_t done = 0;
    // Where a death comes is chance: on until some have come inside a lock.
    for (std::uint64_t seed = 1; done < operations || asker.status().rebuilt <= 5; ++seed) {
        const auto count = live_and_die(stored.memory(), progress, seed);
        Operations all{seed};
        for (std::size_t i = 0; i < count; ++i) {
            carry_out(known, all.next());
        }
        auto after = known;
        carry_out(after, all.next());
        known = compare(asker, known, after);
        done += count;
    }
    const auto status = asker.status();
    print_message("%lu deaths inside a lock\n", status.rebuilt);
    assert_true(status.rebuilt > 5);
    assert_int_equal(status.damaged, 0);
    assert_int_equal(status.evicted_live, 0);
    for (std::uint64_t group = 0; group < groups; ++group) {
        asker.remove_tagged(tag_of(group));
    }
    assert_int_equal(asker.status().records, 0);
    assert_int_equal(asker.status().bytes_used, empty);
}

} // namespace

int main()
{
    alarm(115);
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_million_operations_with_deaths_are_those_of_a_map),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
