#include "store/memory_store.hpp"

#include "base/error.hpp"
#include "store/robust_lock.hpp"
#include "store/shard.hpp"

#include <atomic>
#include <new>

namespace ciam::store {

struct MemoryStore::Header {
    std::uint64_t magic; // written last
    std::uint64_t layout;
    std::uint64_t bytes;
    Geometry geometry;
};

namespace {

using base::StoreReply;
using Status = StoreReply::Status;

constexpr std::uint64_t magic = 0x6369616d73746f72;
constexpr std::uint64_t layout = 1;
constexpr std::size_t first_shard = 128; // bytes from the start

/// The shards of one memory; no two of them are ever locked at once.
class Shards {
public:
    Shards(void* memory, const Geometry& geometry)
        : memory_(static_cast<unsigned char*>(memory) + first_shard), geometry_(geometry)
    {
    }

    std::size_t count() const { return geometry_.shards; }
    std::size_t of(const base::RecordId& id) const { return id[0] & (geometry_.shards - 1U); }
    unsigned char* memory_of(std::size_t index) const
    {
        return memory_ + index * geometry_.shard_bytes;
    }

    /// False when the shard cannot be locked.
    template <class Act> bool with(std::size_t index, Act act) const
    {
        Shard shard{memory_of(index), geometry_};
        const RobustLock lock{shard.mutex(), [&]() noexcept { shard.rebuild(); }};
        if (lock.held()) {
            act(shard);
        }
        return lock.held();
    }

private:
    unsigned char* memory_;
    const Geometry& geometry_;
};

void clear(base::Record& record)
{
    record.hot.clear();
    record.cold.clear();
    record.tags.clear();
    record.idle_timeout = record.limit = 0;
    record.version = 0;
}

struct Answer {
    const Shards& shards;
    StoreReply& reply;

    void operator()(const base::FindRecord& request) const
    {
        Room room;
        reply.record.tags.reserve(max_tags);
        for (bool copied = false; !copied;) {
            reply.record.hot.reserve(room.hot);
            reply.record.cold.reserve(room.cold);
            const auto ask = [&](Shard& shard) { copied = shard.find(request, reply, room); };
            if (!shards.with(shards.of(request.id), ask)) {
                return;
            }
        }
    }
    void operator()(const base::InsertRecord& request) const
    {
        shards.with(shards.of(request.id),
                    [&](Shard& shard) { reply.status = shard.insert(request); });
    }
    void operator()(const base::ReplaceRecord& request) const
    {
        shards.with(shards.of(request.id),
                    [&](Shard& shard) { reply.status = shard.replace(request); });
    }
    void operator()(const base::RemoveRecord& request) const
    {
        if (shards.with(shards.of(request.id), [&](Shard& shard) { shard.remove(request.id); })) {
            reply.status = Status::done;
        }
    }
    void operator()(const base::RemoveTagged& request) const
    {
        bool all = true;
        for (std::size_t i = 0; i < shards.count(); ++i) {
            all &= shards.with(i, [&](Shard& shard) { shard.remove_tagged(request.tag); });
        }
        reply.status = all ? Status::done : Status::unavailable;
    }
};

} // namespace

void MemoryStore::format(void* memory, std::size_t bytes)
{
    static_assert(sizeof(Header) <= first_shard);
    if (bytes < smallest) {
        throw base::Error{base::Fault::configuration, "a session zone needs at least 64 KB"};
    }
    auto* header = new (memory) Header{0, layout, bytes, Geometry::of(bytes)};
    const Shards shards{memory, header->geometry};
    for (std::size_t i = 0; i < shards.count(); ++i) {
        Shard::format(shards.memory_of(i), header->geometry);
    }
    std::atomic_ref{header->magic}.store(magic, std::memory_order_release);
}

bool MemoryStore::is_formatted(const void* memory, std::size_t bytes) noexcept
{
    const auto& header = *static_cast<const Header*>(memory);
    return bytes >= smallest && header.magic == magic && header.layout == layout &&
           header.bytes == bytes && header.geometry == Geometry::of(bytes);
}

MemoryStore::MemoryStore(void* memory) : header_(static_cast<Header*>(memory)) {}

std::unique_ptr<Pending> MemoryStore::ask(const base::StoreRequest& request, StoreReply& reply,
                                          std::function<void(StoreReply)> /*done*/)
{
    clear(reply.record);
    reply.status = Status::unavailable;
    std::visit(Answer{Shards{header_, header_->geometry}, reply}, request);
    return nullptr;
}

MemoryStoreStatus MemoryStore::status() const
{
    const Shards shards{header_, header_->geometry};
    MemoryStoreStatus status{};
    std::size_t free_bytes = 0;
    for (std::size_t i = 0; i < shards.count(); ++i) {
        shards.with(i, [&](const Shard& shard) {
            status.records += shard.header().records;
            status.evicted_live += shard.header().evicted_live;
            status.rebuilt += shard.header().rebuilt;
            free_bytes += shard.header().free_blocks * block_bytes;
        });
    }
    status.bytes_total = header_->bytes;
    status.bytes_used = header_->bytes - free_bytes;
    return status;
}

} // namespace ciam::store
