// Threads in one memory, each as if it were a process: for ThreadSanitizer (`make tsan`), which
// sees no processes. Without it, a test like others.
#include "store/memory_store.hpp"

#include "support/stored.hpp"

#include <atomic>
#include <random>
#include <thread>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using Status = base::StoreReply::Status;

namespace {

constexpr std::size_t megabyte = 1024 * 1024;
constexpr std::uint64_t numbers = 100;

base::Record any_record(std::mt19937& random)
{
    auto record = record_of(random(), 8 + random() % 500, 8 + random() % 900);
    record.tags = {id_of(1000 + random() % 20), id_of(2000 + random() % 20)};
    return record;
}

void do_anything(Asker& asker, std::mt19937& random)
{
    const auto id = id_of(random() % numbers);
    switch (random() % 16) {
    case 0:
        asker.remove_tagged(id_of(1000 + random() % 20));
        return;
    case 1:
        asker.ask(base::RemoveTagged{id_of(2000 + random() % 20), start, start, start + 10});
        return;
    case 2:
        asker.remove(id);
        return;
    case 3:
        asker.store().sweep(start + 5, 10);
        return;
    case 4:
        asker.status();
        return;
    case 5:
    case 6: {
        base::InsertRecord request{id, start, any_record(random), start + 1};
        request.most_in_group = 5;
        asker.ask(request);
        return;
    }
    default:
        if (asker.find(id) == Status::done && random() % 2 == 0) {
            auto record = any_record(random);
            record.version = asker.record().version;
            asker.replace(id, record);
        }
    }
}

/// False when a record is not whole.
bool hammer(void* memory, std::uint32_t seed, int times)
{
    Asker asker{memory};
    std::mt19937 random{seed};
    for (int i = 0; i < times; ++i) {
        do_anything(asker, random);
        if (asker.reply().status == Status::done && !asker.record().hot.empty() &&
            !is_whole(asker.record())) {
            return false;
        }
    }
    return true;
}

void threads_that_do_anything_never_see_half_a_record(void**)
{
    for (const std::size_t bytes : {store::MemoryStore::smallest, 4 * megabyte}) {
        const Stored stored{bytes};
        std::atomic<int> good{0};
        std::vector<std::thread> threads;
        for (std::uint32_t i = 0; i < 4; ++i) {
            threads.emplace_back([&, i] { good += hammer(stored.memory(), i, 4000) ? 1 : 0; });
        }
        for (auto& thread : threads) {
            thread.join();
        }
        assert_int_equal(good, 4);
    }
}

void memory_changes_its_size_under_threads_that_use_it(void**)
{
    const Stored stored{4 * megabyte};
    std::atomic<bool> stop{false};
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < 3; ++i) {
        threads.emplace_back([&, i] {
            bool whole = true;
            for (std::uint32_t round = 0; !stop; ++round) {
                whole = hammer(stored.memory(), i * 1000 + round, 100) && whole;
            }
            good += whole ? 1 : 0;
        });
    }
    Asker asker{stored.memory()};
    for (int i = 0; i < 50; ++i) {
        asker.store().resize(i % 2 == 0 ? 2 * megabyte : 4 * megabyte);
        usleep(1000);
    }
    stop = true;
    for (auto& thread : threads) {
        thread.join();
    }
    assert_int_equal(good, 3);
}

} // namespace

int main()
{
    alarm(115);
    const CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_do_anything_never_see_half_a_record),
        cmocka_unit_test(memory_changes_its_size_under_threads_that_use_it),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
