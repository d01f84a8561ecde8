// The file of a store, damaged anywhere: whatever is in it, what is whole is kept and the store
// works on. The input is a list of damages: where (two bytes, counted in eights), how many bytes,
// and the bytes.
#include "store/memory_store.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

using namespace ciam;
using store::MemoryStore;
using Status = base::StoreReply::Status;

namespace {

constexpr base::Seconds now = 1'700'000'000;
constexpr std::size_t bytes = MemoryStore::smallest;

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<unsigned char, Free>;

Memory memory_of_store()
{
    return Memory{static_cast<unsigned char*>(std::aligned_alloc(64, bytes))};
}

base::InsertRecord record(unsigned char number, std::size_t size)
{
    base::InsertRecord request;
    request.id.fill(number);
    request.now = now;
    request.record.hot.assign(size, static_cast<char>(number));
    request.record.cold.assign(size / 2, static_cast<char>(number));
    request.record.idle_timeout = 1000;
    request.record.limit = now + 5000;
    request.record.tags.resize(number % 3);
    for (auto& tag : request.record.tags) {
        tag.fill(static_cast<unsigned char>(number % 5));
    }
    return request;
}

void use(MemoryStore& store)
{
    base::StoreReply reply;
    for (unsigned char number = 0; number < 250; number += 10) {
        store.ask(base::FindRecord{record(number, 8).id, now, true}, reply, {});
        store.ask(record(number, 100U + number), reply, {});
        if (reply.status != Status::done && reply.status != Status::conflict) {
            std::abort();
        }
    }
    base::RemoveTagged removal{{}, now, now, now + 100};
    removal.tag.fill(2);
    store.ask(removal, reply, {});
    store.sweep(now + 10, 5000);
    store.resize(bytes - 9000 > MemoryStore::smallest ? bytes - 9000 : bytes);
    store.sweep(now + 100000, 5000);
    if (store.status().records != 0) {
        std::abort();
    }
}

const Memory& undamaged()
{
    static const auto made = [] {
        auto memory = memory_of_store();
        MemoryStore::format(memory.get(), bytes);
        MemoryStore store{memory.get()};
        base::StoreReply reply;
        for (unsigned char number = 0; number < 200; ++number) {
            store.ask(record(number, 20U + number * 3U), reply, {});
        }
        return memory;
    }();
    return made;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto memory = memory_of_store();
    std::copy_n(undamaged().get(), bytes, memory.get());
    for (std::size_t at = 0; at + 3 < size;) {
        const auto place = (std::size_t{data[at]} << 8U | data[at + 1]) * 8 % bytes;
        const auto count = std::min({std::size_t{data[at + 2]}, size - at - 3, bytes - place});
        std::copy_n(data + at + 3, count, memory.get() + place);
        at += 3 + count;
    }
    if (MemoryStore::recover(memory.get(), bytes)) {
        MemoryStore store{memory.get()};
        use(store);
    }
    return 0;
}
