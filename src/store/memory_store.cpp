#include "store/memory_store.hpp"

#include "base/error.hpp"
#include "store/shards.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>

namespace ciam::store {
namespace {

using base::StoreReply;
using Status = StoreReply::Status;

constexpr std::size_t usual_hot_bytes = 512;

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
        Room room{usual_hot_bytes, 0};
        reply.record.tags.reserve(max_tags);
        for (bool copied = false; !copied;) {
            reply.record.hot.reserve(room.hot);
            reply.record.cold.reserve(room.cold);
            const auto ask = [&](Shard& shard) { copied = shard.find(request, reply, room); };
            if (!shards.with(shards.number_of(request.id), ask)) {
                return;
            }
        }
    }
    void operator()(const base::InsertRecord& request) const
    {
        shards.with(shards.number_of(request.id),
                    [&](Shard& shard) { reply.status = shard.insert(request); });
        if (reply.status == Status::done && is_kept_out(request)) {
            remove(request.id);
            reply.status = Status::ended;
        }
        if (reply.status == Status::done && request.most_in_group != 0 &&
            !request.record.tags.empty()) {
            shrink_group(request);
        }
    }
    void operator()(const base::ReplaceRecord& request) const
    {
        shards.with(shards.number_of(request.id),
                    [&](Shard& shard) { reply.status = shard.replace(request); });
    }
    void operator()(const base::RemoveRecord& request) const
    {
        if (remove(request.id)) {
            reply.status = Status::done;
        }
    }
    void operator()(const base::RemoveTagged& request) const
    {
        bool all = true;
        if (request.keep_until != 0) {
            shards.announce_tombstone(short_time(request.keep_until));
            all = shards.with(shards.number_of(request.tag),
                              [&](Shard& shard) { shard.bury(request); });
        }
        const auto tag = short_tag(request.tag);
        all &= shards.with_all([&](Shard& shard) { shard.remove_tagged(tag, request.not_after); });
        reply.status = all ? Status::done : Status::unavailable;
    }

private:
    bool remove(const base::RecordId& id) const
    {
        return shards.with(shards.number_of(id), [&](Shard& shard) { shard.remove(short_id(id)); });
    }

    /// A shard that does not answer keeps out: a logout never fails open.
    bool is_kept_out(const base::InsertRecord& request) const
    {
        if (!shards.may_have_tombstones(short_time(request.now))) {
            return false;
        }
        const auto issued_at = request.issued_at != 0 ? request.issued_at : request.now;
        const auto& tags = request.record.tags;
        return std::any_of(tags.begin(), tags.end(), [&](const auto& tag) {
            bool is_buried = true;
            shards.with(shards.number_of(tag), [&](const Shard& shard) {
                is_buried = shard.is_buried(tag, issued_at, request.now);
            });
            return is_buried;
        });
    }

    /// The oldest of the group go, but not the one that has just come.
    void shrink_group(const base::InsertRecord& request) const
    {
        constexpr int most_rounds = 64; // as a rule one: the group was within its limit before
        for (int round = 0; round < most_rounds; ++round) {
            const auto [others, oldest, where] = group_of(request);
            if (others >= request.most_in_group) {
                shards.with(where, [id = oldest](Shard& shard) { shard.remove(id); });
            }
            if (others <= request.most_in_group) {
                return;
            }
        }
    }

    struct Group {
        std::size_t others = 0;
        ShortId oldest{};
        std::uint32_t where = 0; // the oldest's shard
    };
    Group group_of(const base::InsertRecord& request) const
    {
        const auto tag = short_tag(request.record.tags.front());
        Group group;
        auto oldest = no_ref;
        // Shards cannot tell which of a second's records came first. Wherever the newcomer lies it
        // begins, so that it is no shard's lot to lose the one that has just come.
        const auto first = shards.number_of(request.id);
        for (std::uint32_t n = 0; n < shards.count(); ++n) {
            const auto i = (first + n) % shards.count();
            GroupMembers members;
            shards.with(
                i, [&](const Shard& shard) { members = shard.members(tag, short_id(request.id)); });
            group.others += members.count;
            if (members.count != 0 && members.oldest_issued_at <= oldest) {
                oldest = members.oldest_issued_at;
                group.oldest = members.oldest;
                group.where = i;
            }
        }
        return group;
    }
};

} // namespace

void MemoryStore::format(void* memory, std::size_t bytes)
{
    if (bytes < smallest) {
        throw base::Error{base::Fault::configuration, "a session zone needs at least 64 KB"};
    }
    const auto layout = StoreLayout::of(Geometry::of(bytes));
    auto* header = new (memory) StoreHeader{};
    header->layout = header->copy = layout;
    header->layout.magic = 0;
    header->bytes = header->most_bytes = bytes;
    const Shards shards{memory};
    const auto pages = layout.geometry.pages_in(bytes);
    for (std::uint32_t i = 0; i < shards.count(); ++i) {
        Shard::format(static_cast<unsigned char*>(memory), i, layout.geometry, pages);
    }
    std::atomic_ref{header->layout.magic}.store(layout.magic, std::memory_order_release);
}

bool MemoryStore::is_formatted(const void* memory, std::size_t bytes) noexcept
{
    return bytes >= smallest && is_formatted(memory) &&
           static_cast<const StoreHeader*>(memory)->bytes == bytes;
}

bool MemoryStore::is_formatted(const void* memory) noexcept
{
    return static_cast<const StoreHeader*>(memory)->layout.is_valid();
}

bool MemoryStore::recover(void* memory, std::size_t bytes)
{
    auto& header = *static_cast<StoreHeader*>(memory);
    if (bytes < smallest || (!header.layout.is_valid() && !header.copy.is_valid())) {
        return false;
    }
    (header.layout.is_valid() ? header.copy : header.layout) =
        header.layout.is_valid() ? header.layout : header.copy;
    header.bytes = header.most_bytes = bytes;
    const Shards shards{memory};
    const auto pages = shards.geometry().pages_in(bytes);
    if (pages == 0) {
        return false;
    }
    header.tombstones_until = no_ref; // what it says may be damaged
    for (std::uint32_t i = 0; i < shards.count(); ++i) {
        auto shard = shards.without_lock(i);
        auto& shard_header = shard.header();
        init_robust_mutex(shard_header.mutex);
        shard_header.pages = std::min(shard_header.pages, pages);
        shard.set_pages(pages);
    }
    return true;
}

MemoryStore::MemoryStore(void* memory) : memory_(memory) {}

std::unique_ptr<Pending> MemoryStore::ask(const base::StoreRequest& request, StoreReply& reply,
                                          std::function<void(StoreReply)> /*done*/)
{
    clear(reply.record);
    reply.is_known = false;
    reply.at = nullptr;
    reply.status = Status::unavailable;
    const Shards shards{memory_};
    std::visit(Answer{shards, reply}, request);
    return nullptr;
}

std::size_t MemoryStore::bytes() const noexcept
{
    return std::atomic_ref{static_cast<StoreHeader*>(memory_)->bytes}.load();
}

void MemoryStore::allow_growth(std::size_t most_bytes, bool is_first) noexcept
{
    std::atomic_ref most{static_cast<StoreHeader*>(memory_)->most_bytes};
    auto known = most.load();
    while ((is_first || most_bytes < known) && !most.compare_exchange_weak(known, most_bytes)) {
    }
}

void MemoryStore::resize(std::size_t bytes)
{
    const Shards shards{memory_};
    auto& header = shards.header();
    const auto pages = bytes >= smallest ? shards.geometry().pages_in(bytes) : 0;
    if (pages == 0 || bytes > std::atomic_ref{header.most_bytes}.load()) {
        throw base::Error{base::Fault::configuration,
                          "the session zone cannot be made this small or large while it is used"};
    }
    std::atomic_ref{header.bytes}.store(bytes);
    shards.with_all([&](Shard& shard) { shard.set_pages(pages); });
}

void MemoryStore::sweep(base::Seconds now, std::size_t looks_each)
{
    Shards{memory_}.with_all([&](Shard& shard) { shard.sweep(now, looks_each); });
}

MemoryStoreStatus MemoryStore::status() const
{
    const Shards shards{memory_};
    MemoryStoreStatus status{};
    std::size_t free_pages = 0;
    auto oldest = no_ref;
    shards.with_all([&](const Shard& shard) {
        const auto& header = shard.header();
        const auto& counters = header.counters;
        status.records += header.records;
        status.untagged += header.untagged;
        status.tombstones += header.tombstones;
        status.expired += counters.expired;
        status.evicted_live += counters.evicted_live;
        status.rebuilt += counters.rebuilt;
        status.damaged += counters.damaged;
        status.locks += counters.locks;
        for (std::size_t i = 0; i < wait_buckets; ++i) {
            status.waits[i] += counters.waits[i];
        }
        oldest = std::min({oldest, header.oldest_this_turn, header.oldest_last_turn});
        free_pages += header.free_page_count;
    });
    status.lock_waits = std::accumulate(status.waits.begin(), status.waits.end(), std::uint64_t{0});
    if (oldest != no_ref) {
        status.oldest_use = oldest;
    }
    status.bytes_total = bytes();
    const auto free_bytes = free_pages * shards.geometry().page_bytes;
    status.bytes_used = status.bytes_total - std::min(status.bytes_total, free_bytes);
    return status;
}

std::uint64_t MemoryStoreStatus::lock_wait_p999_us() const noexcept
{
    auto late = locks / 1000;
    for (auto i = wait_buckets; i-- > 0;) {
        if (waits[i] > late) {
            return std::uint64_t{1} << i;
        }
        late -= waits[i];
    }
    return 0;
}

} // namespace ciam::store
