#include "store/shard.hpp"

#include "store/robust_lock.hpp"

#include <algorithm>
#include <new>

namespace ciam::store {
namespace {

constexpr std::size_t looks_at_each_insert = 4;
constexpr std::size_t usual_lines = 4; // of a usual session's header and hot part

ShardHeader& header_at(unsigned char* memory, std::uint32_t number)
{
    return *reinterpret_cast<ShardHeader*>(memory + shard_headers + number * sizeof(ShardHeader));
}

} // namespace

Shard::Shard(unsigned char* memory, std::uint32_t number, const Geometry& geometry) noexcept
    : header_(header_at(memory, number)),
      pages_(header_, memory + geometry.first_page, number, geometry), index_(header_, pages_)
{
}

void Shard::format(unsigned char* memory, std::uint32_t number, const Geometry& geometry,
                   std::uint32_t pages)
{
    auto* header = new (&header_at(memory, number)) ShardHeader{};
    init_robust_mutex(header->mutex);
    Shard{memory, number, geometry}.set_pages(pages);
}

bool Shard::find(const base::FindRecord& request, base::StoreReply& reply, Room& room) noexcept
{
    const auto now = short_time(request.now);
    const bool may_be_known = request.known && !request.with_cold;
    const auto found =
        find_live(short_id(request.id), now, may_be_known ? base::lines_to_mark : usual_lines);
    if (found == no_ref) {
        reply.status = Status::absent;
        return true;
    }
    auto& slot = pages_.slot(found);
    if (slot.last_seen != now) {
        slot.last_seen = now;
    }
    reply.at = &slot;
    reply.is_known = may_be_known && begins_with(slot, *request.known);
    if (!reply.is_known) {
        room = {slot.hot_size, request.with_cold ? slot.cold_size : std::size_t{0}};
        if (reply.record.hot.capacity() < room.hot || reply.record.cold.capacity() < room.cold) {
            return false;
        }
        read_record(slot, request.with_cold, reply.record);
    }
    reply.status = Status::done;
    return true;
}

Shard::Status Shard::insert(const base::InsertRecord& request) noexcept
{
    const auto now = short_time(request.now);
    if (!can_fit(request.record)) {
        return Status::too_large;
    }
    if (find_live(short_id(request.id), now) != no_ref) {
        return Status::conflict;
    }
    sweep(request.now, looks_at_each_insert);
    Ref keep = no_ref;
    const auto slot = slot_for(slot_bytes(request.record), now, keep);
    put(slot, request.id, request.record,
        {now, request.issued_at != 0 ? short_time(request.issued_at) : now});
    return Status::done;
}

Shard::Status Shard::replace(const base::ReplaceRecord& request) noexcept
{
    const auto now = short_time(request.now);
    auto old = find_live(short_id(request.id), now);
    if (old == no_ref) {
        return Status::absent;
    }
    if (version(pages_.slot(old)) != request.record.version) {
        return Status::conflict;
    }
    if (!can_fit(request.record)) {
        return Status::too_large;
    }
    const auto issued_at = pages_.slot(old).issued_at;
    const auto slot = slot_for(slot_bytes(request.record), now, old);
    put(slot, request.id, request.record, {now, issued_at});
    if (old != no_ref) {
        drop(old);
    }
    return Status::done;
}

void Shard::remove(const ShortId& id) noexcept
{
    const auto found = index_.find(id);
    if (found != no_ref && !is_tombstone(pages_.slot(found))) {
        drop(found);
    }
}

void Shard::remove_tagged(Tag tag, base::Seconds not_after) noexcept
{
    const auto last = not_after != 0 ? short_time(not_after) : no_ref;
    for (auto found = index_.first_of(tag); found != no_ref;) {
        const auto next = index_.next_of(found);
        const auto ref = RecordIndex::slot_of(found);
        if (pages_.slot(ref).issued_at <= last) {
            drop(ref);
        }
        found = next;
    }
}

GroupMembers Shard::members(Tag tag, const ShortId& except) const noexcept
{
    GroupMembers members;
    for (auto found = index_.first_of(tag); found != no_ref; found = index_.next_of(found)) {
        const auto& slot = pages_.slot(RecordIndex::slot_of(found));
        if (slot.id != except) {
            members.add(slot);
        }
    }
    return members;
}

void Shard::bury(const base::RemoveTagged& request) noexcept
{
    const auto now = short_time(request.now);
    auto not_after = request.not_after != 0 ? short_time(request.not_after) : now;
    base::Record grave;
    grave.idle_timeout = grave.limit = request.keep_until;
    auto old = index_.find(short_id(request.tag));
    if (old != no_ref) {
        not_after = std::max(not_after, pages_.slot(old).issued_at);
        grave.limit = std::max<base::Seconds>(grave.limit, pages_.slot(old).limit);
    }
    const auto ref = slot_for(slot_bytes(grave), now, old);
    auto& slot = pages_.slot(ref);
    slot.id = short_id(request.tag);
    slot.last_seen = now;
    slot.issued_at = not_after;
    write_record(slot, grave);
    make_live(slot, ++header_.counters.last_version << version_shift | live_mark | tombstone_mark);
    index_.add(ref);
    count(slot);
    if (old != no_ref) {
        drop(old);
    }
}

bool Shard::restore(const SlotHeader& from, std::uint32_t now) noexcept
{
    auto old = index_.find(from.id);
    const bool is_newer = old == no_ref || version(pages_.slot(old)) < version(from);
    if (!is_newer || used_bytes(from) > pages_.most_bytes()) {
        return false;
    }
    const auto ref = slot_for(used_bytes(from), now, old);
    auto& slot = pages_.slot(ref);
    copy_slot(from, slot);
    make_live(slot, from.mark);
    index_.add(ref);
    count(slot);
    if (old != no_ref) {
        drop(old);
    }
    auto& last_version = header_.counters.last_version;
    last_version = std::max(last_version, version(slot));
    return true;
}

bool Shard::is_buried(const base::RecordId& tag, base::Seconds issued_at,
                      base::Seconds now) const noexcept
{
    const auto found = index_.find(short_id(tag));
    if (found == no_ref) {
        return false;
    }
    const auto& slot = pages_.slot(found);
    return is_tombstone(slot) && short_time(now) < slot.limit &&
           short_time(issued_at) <= slot.issued_at;
}

Ref Shard::find_live(const ShortId& id, std::uint32_t now, std::size_t lines) noexcept
{
    const auto found = index_.find(id, lines);
    if (found == no_ref || is_tombstone(pages_.slot(found))) {
        return no_ref;
    }
    if (!has_expired(pages_.slot(found), now)) {
        return found;
    }
    drop_for_room(found, now);
    return no_ref;
}

bool Shard::can_fit(const base::Record& record) const noexcept
{
    return record.tags.size() <= max_tags && slot_bytes(record) <= pages_.most_bytes() &&
           pages_.count() != 0;
}

void Shard::put(Ref ref, const base::RecordId& id, const base::Record& record, Times times) noexcept
{
    auto& slot = pages_.slot(ref);
    slot.id = short_id(id);
    slot.last_seen = times.now;
    slot.issued_at = times.issued_at;
    write_record(slot, record);
    make_live(slot,
              ++header_.counters.last_version << version_shift | live_mark | record.tags.size());
    index_.add(ref);
    count(slot);
}

void Shard::count(const SlotHeader& slot) noexcept
{
    ++(is_tombstone(slot) ? header_.tombstones : header_.records);
    header_.untagged += is_untagged_record(slot) ? 1U : 0U;
}

void Shard::discount(const SlotHeader& slot) noexcept
{
    --(is_tombstone(slot) ? header_.tombstones : header_.records);
    header_.untagged -= is_untagged_record(slot) ? 1U : 0U;
}

void Shard::drop(Ref ref) noexcept
{
    auto& slot = pages_.slot(ref);
    index_.remove(ref);
    discount(slot);
    end_life(slot);
    pages_.give_back_slot(ref);
    if (index_.is_empty()) {
        index_.clear();
    }
}

void Shard::drop_for_room(Ref ref, std::uint32_t now) noexcept
{
    const auto& slot = pages_.slot(ref);
    if (!is_tombstone(slot)) {
        auto& counters = header_.counters;
        ++(has_expired(slot, now) ? counters.expired : counters.evicted_live);
    }
    drop(ref);
}

} // namespace ciam::store
