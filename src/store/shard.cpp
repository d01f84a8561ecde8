#include "store/shard.hpp"

#include "store/robust_lock.hpp"

#include <limits>
#include <new>

namespace ciam::store {
namespace {

constexpr int looks_for_expired = 8;    // when room is needed
constexpr int drops_at_each_insert = 2; // so that the dead go at least as fast as others come
constexpr base::Seconds order_step = 60;

bool has_expired(const RecordHead& head, base::Seconds now)
{
    return now >= head.limit || now - head.last_seen >= head.idle_timeout;
}

} // namespace

Shard::Shard(unsigned char* memory, const Geometry& geometry) noexcept
    : header_(*reinterpret_cast<ShardHeader*>(memory)),
      blocks_(header_, memory + sizeof(ShardHeader) + geometry.tables_bytes(), geometry.blocks),
      index_(header_, blocks_, memory + sizeof(ShardHeader), geometry.buckets),
      bitmap_(reinterpret_cast<std::uint64_t*>(memory + sizeof(ShardHeader) +
                                               geometry.buckets * 2 * sizeof(BlockIndex))),
      bitmap_words_(geometry.bitmap_words)
{
}

void Shard::format(unsigned char* memory, const Geometry& geometry)
{
    auto* header = new (memory) ShardHeader{};
    init_robust_mutex(header->mutex);
    Shard shard{memory, geometry};
    for (BlockIndex block = 0; block < geometry.blocks; ++block) {
        shard.blocks_.link(block) = no_block;
    }
    shard.rebuild();
    header->rebuilt = 0;
}

bool Shard::find(const base::FindRecord& request, base::StoreReply& reply, Room& room) noexcept
{
    const auto record = find_live(request.id, request.now);
    if (record == no_block) {
        reply.status = Status::absent;
        return true;
    }
    const auto& head = blocks_.head(record);
    room = {head.hot_size, request.with_cold ? head.cold_size : 0};
    if (reply.record.hot.capacity() < room.hot || reply.record.cold.capacity() < room.cold) {
        return false;
    }
    touch(record, request.now);
    copy(record, request.with_cold, reply.record);
    reply.status = Status::done;
    return true;
}

Shard::Status Shard::insert(const base::InsertRecord& request) noexcept
{
    if (!can_fit(request.record)) {
        return Status::too_large;
    }
    if (find_live(request.id, request.now) != no_block) {
        return Status::conflict;
    }
    drop_expired_oldest(request.now);
    make_room(Blocks::needed(request.record), request.now, no_block);
    put(request.id, request.record, request.now);
    return Status::done;
}

Shard::Status Shard::replace(const base::ReplaceRecord& request) noexcept
{
    const auto old = find_live(request.id, request.now);
    if (old == no_block) {
        return Status::absent;
    }
    if (blocks_.head(old).version != request.record.version) {
        return Status::conflict;
    }
    if (!can_fit(request.record)) {
        return Status::too_large;
    }
    index_.make_newest(old);
    const auto kept = make_room(Blocks::needed(request.record), request.now, old);
    put(request.id, request.record, request.now);
    if (kept != no_block) {
        drop(kept);
    }
    return Status::done;
}

void Shard::remove(const base::RecordId& id) noexcept
{
    const auto record = index_.find(id);
    if (record != no_block) {
        drop(record);
    }
}

void Shard::remove_tagged(const base::RecordId& tag) noexcept
{
    auto found = index_.find_tagged(tag, index_.first_of_tag(tag));
    while (found != no_tag) {
        const auto next = index_.next_of_tag(found);
        drop(found / 2);
        found = index_.find_tagged(tag, next);
    }
}

BlockIndex Shard::find_live(const base::RecordId& id, base::Seconds now) noexcept
{
    const auto record = index_.find(id);
    if (record == no_block || !has_expired(blocks_.head(record), now)) {
        return record;
    }
    drop(record);
    return no_block;
}

bool Shard::can_fit(const base::Record& record) const noexcept
{
    constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
    return record.tags.size() <= max_tags && record.hot.size() <= most &&
           record.cold.size() <= most && Blocks::needed(record) <= blocks_.count();
}

void Shard::touch(BlockIndex record, base::Seconds now) noexcept
{
    auto& head = blocks_.head(record);
    if (head.last_seen == now) {
        return;
    }
    // The neighbours' memory is as a rule cold: the order is kept to the minute.
    if (head.last_seen / order_step != now / order_step) {
        index_.make_newest(record);
    }
    head.last_seen = now;
}

void Shard::put(const base::RecordId& id, const base::Record& record, base::Seconds now) noexcept
{
    const auto first = blocks_.take(Blocks::needed(record));
    auto& head = blocks_.head(first);
    head.id = id;
    head.version = ++header_.last_version;
    head.last_seen = now;
    blocks_.write(first, record);
    blocks_.make_live(first);
    index_.add(first);
}

void Shard::drop(BlockIndex record) noexcept
{
    index_.remove(record);
    blocks_.give_back(record);
}

void Shard::drop_expired_oldest(base::Seconds now) noexcept
{
    for (int i = 0; i < drops_at_each_insert; ++i) {
        if (header_.oldest == no_block || !has_expired(blocks_.head(header_.oldest), now)) {
            return;
        }
        drop(header_.oldest);
    }
}

/// Who has to go: one that has expired, where a short look finds it, else the least recently used.
BlockIndex Shard::victim(base::Seconds now) const noexcept
{
    auto record = header_.oldest;
    for (int i = 0; i < looks_for_expired && record != no_block; ++i) {
        if (has_expired(blocks_.head(record), now)) {
            return record;
        }
        record = blocks_.head(record).newer;
    }
    return header_.oldest;
}

/// Returns `keep`, or no_block when even that had to go; it goes last, being the newest.
BlockIndex Shard::make_room(std::size_t blocks, base::Seconds now, BlockIndex keep) noexcept
{
    while (header_.free_blocks < blocks) {
        const auto record = victim(now);
        if (record == keep) {
            keep = no_block;
        } else if (!has_expired(blocks_.head(record), now)) {
            ++header_.evicted_live;
        }
        drop(record);
    }
    return keep;
}

void Shard::copy(BlockIndex record, bool with_cold, base::Record& to) const noexcept
{
    const auto& head = blocks_.head(record);
    to.version = head.version;
    to.idle_timeout = head.idle_timeout;
    to.limit = head.limit;
    Cursor at{record};
    to.tags.resize(head.tag_count);
    blocks_.read(at, to.tags.data(), head.tag_count * sizeof(base::RecordId));
    const auto append_to = [](std::string& text) {
        return [&text](const unsigned char* piece, std::size_t length) {
            text.append(reinterpret_cast<const char*>(piece), length);
        };
    };
    blocks_.each_piece(at, head.hot_size, append_to(to.hot));
    if (with_cold) {
        blocks_.each_piece(at, head.cold_size, append_to(to.cold));
    }
}

} // namespace ciam::store
