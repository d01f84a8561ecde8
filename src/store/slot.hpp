// What is in a slot: a record or a tombstone, written and read as one piece.
#pragma once

#include "store/layout.hpp"

#include <algorithm>
#include <string>

namespace ciam::store {

inline ShortId short_id(const base::RecordId& id)
{
    ShortId shortened;
    std::copy_n(id.begin(), shortened.size(), shortened.begin());
    return shortened;
}

/// What the store keeps of a tag; other bytes than those that choose the shard.
Tag short_tag(const base::RecordId& tag) noexcept;

/// An unsigned 32-bit time or duration; what does not fit is the nearest that does.
std::uint32_t short_time(base::Seconds time) noexcept;

inline bool is_live(const SlotHeader& slot)
{
    return (slot.mark & live_mark) != 0;
}
inline bool is_tombstone(const SlotHeader& slot)
{
    return (slot.mark & tombstone_mark) != 0;
}
inline std::size_t tag_count(const SlotHeader& slot)
{
    return slot.mark & tag_count_mask;
}
inline bool is_untagged_record(const SlotHeader& slot)
{
    return !is_tombstone(slot) && tag_count(slot) == 0;
}
inline std::uint64_t version(const SlotHeader& slot)
{
    return slot.mark >> version_shift;
}
inline Tag tag(const SlotHeader& slot, std::size_t which)
{
    return Tag{slot.tags[which].high} << 32U | slot.tags[which].low;
}
inline std::uint32_t hash(const ShortId& id)
{
    return std::uint32_t{id[8]} | std::uint32_t{id[9]} << 8U | std::uint32_t{id[10]} << 16U |
           std::uint32_t{id[11]} << 24U;
}

/// Bytes of a slot with this record; may be more than any slot has.
std::size_t slot_bytes(const base::Record& record) noexcept;

bool has_expired(const SlotHeader& slot, std::uint32_t now) noexcept;

/// Everything but what is derived, and the mark: of a slot elsewhere that is whole.
void copy_slot(const SlotHeader& from, SlotHeader& to) noexcept;

/// Everything but the mark and what is derived. `slot.id` and the like are set by who calls.
void write_record(SlotHeader& slot, const base::Record& record) noexcept;
/// From here on there is a record, whatever happens to this process.
void make_live(SlotHeader& slot, std::uint64_t mark) noexcept;
/// From here on there is none.
void end_life(SlotHeader& slot) noexcept;

/// Bytes of a slot with a header that is whole.
std::size_t used_bytes(const SlotHeader& slot) noexcept;

/// The header is what was written, and its sizes are within so many bytes.
bool is_intact(const SlotHeader& slot, std::size_t bytes) noexcept;

/// True when its hot part does.
bool begins_with(const SlotHeader& slot, const base::HotMark& mark) noexcept;

/// The strings and the vector have the capacity: nothing is allocated.
void read_record(const SlotHeader& slot, bool with_cold, base::Record& record) noexcept;

} // namespace ciam::store
