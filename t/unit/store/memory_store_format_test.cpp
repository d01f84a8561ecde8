#include "store/memory_store.hpp"

#include "support/stored.hpp"

#include <algorithm>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using Status = base::StoreReply::Status;

namespace {

constexpr std::size_t megabyte = 1024 * 1024;

void memory_of_another_size_or_none_is_refused(void**)
{
    const SharedMemory memory{megabyte};
    assert_false(store::MemoryStore::is_formatted(memory.get(), megabyte));
    store::MemoryStore::format(memory.get(), megabyte);
    assert_true(store::MemoryStore::is_formatted(memory.get(), megabyte));
    assert_false(store::MemoryStore::is_formatted(memory.get(), megabyte / 2));
    assert_false(store::MemoryStore::is_formatted(memory.get(), megabyte - 4096));
    assert_false(store::MemoryStore::is_formatted(memory.get(), 100));
}

void memory_of_another_layout_is_refused(void**)
{
    const SharedMemory memory{megabyte};
    auto* bytes = static_cast<unsigned char*>(memory.get());
    for (std::size_t damaged = 0; damaged < 40; ++damaged) {
        store::MemoryStore::format(memory.get(), megabyte);
        bytes[damaged] ^= 1U;
        assert_false(store::MemoryStore::is_formatted(memory.get(), megabyte));
    }
}

void memory_that_was_used_before_is_laid_out_afresh(void**)
{
    const SharedMemory memory{megabyte};
    std::memset(memory.get(), 0x5a, memory.size());
    store::MemoryStore::format(memory.get(), megabyte);
    Asker asker{memory.get()};
    assert_int_equal(asker.status().records, 0);
    asker.insert(id_of(1), record_of(1, 300));
    assert_true(asker.has(id_of(1)));
    store::MemoryStore::format(memory.get(), megabyte);
    assert_false(asker.has(id_of(1)));
    assert_int_equal(asker.status().rebuilt, 0);
}

void too_little_memory_is_the_sysadmins_fault(void**)
{
    const SharedMemory memory{megabyte};
    const auto fault = fault_of(
        [&] { store::MemoryStore::format(memory.get(), store::MemoryStore::smallest - 1); });
    assert_true(fault == base::Fault::configuration);
}

void every_size_of_memory_works(void**)
{
    const SharedMemory memory{9 * megabyte};
    auto* end = static_cast<unsigned char*>(memory.get()) + memory.size();
    for (auto bytes = store::MemoryStore::smallest; bytes < memory.size() - 64;
         bytes += bytes / 3 + 7) {
        std::memset(memory.get(), 0, memory.size());
        store::MemoryStore::format(memory.get(), bytes);
        Asker asker{memory.get()};
        for (std::uint64_t i = 0; i < bytes / 256; ++i) {
            assert_int_equal(asker.insert(id_of(i), record_of(i, 400)), Status::done);
            assert_true(asker.has(id_of(i)));
        }
        assert_int_equal(asker.status().bytes_total, bytes);
        const auto* after = static_cast<unsigned char*>(memory.get()) + bytes;
        assert_true(std::all_of(after, static_cast<const unsigned char*>(end),
                                [](unsigned char byte) { return byte == 0; }));
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(memory_of_another_size_or_none_is_refused),
        cmocka_unit_test(memory_of_another_layout_is_refused),
        cmocka_unit_test(memory_that_was_used_before_is_laid_out_afresh),
        cmocka_unit_test(too_little_memory_is_the_sysadmins_fault),
        cmocka_unit_test(every_size_of_memory_works),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
