// A snapshot's bytes, in two pieces: whatever they are, the store takes what is whole and works on.
#include "store/snapshot.hpp"

#include <cstdint>
#include <cstdlib>
#include <memory>

using namespace ciam;

namespace {

constexpr base::Seconds now = 1'700'000'000;

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const std::unique_ptr<void, Free> memory{
        std::aligned_alloc(64, store::MemoryStore::smallest)};
    store::MemoryStore::format(memory.get(), store::MemoryStore::smallest);
    store::MemoryStore store{memory.get()};
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    store::SnapshotReader reader{store, now};
    reader.take(bytes.substr(0, size / 3));
    reader.take(bytes.substr(size / 3));
    const auto loaded = reader.finish();
    if (store.status().records > loaded.loaded) {
        std::abort();
    }
    base::StoreReply reply;
    store.ask(base::InsertRecord{{1}, now, {"hot", "cold", 100, now + 100, 0, {}}}, reply, {});
    store.ask(base::FindRecord{{1}, now, true}, reply, {});
    store.sweep(now + 1000, 10000);
    return 0;
}
