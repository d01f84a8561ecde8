// What is done when a process died inside a shard's lock: everything derived is made anew from the
// records. May itself be cut off at any place and be begun again by the next process.
#include "store/shard.hpp"

#include <algorithm>

namespace ciam::store {

void Shard::rebuild() noexcept
{
    index_.clear();
    std::fill_n(bitmap_, bitmap_words_, 0U);
    for (BlockIndex block = 0; block < blocks_.count(); ++block) {
        if (blocks_.is_live(block)) {
            adopt(block);
        }
    }
    collect_free_blocks();
    index_.sort_by_use();
    ++header_.rebuilt;
}

/// Takes the record into the index, unless it is damaged or an older version of one that is there.
void Shard::adopt(BlockIndex record) noexcept
{
    if (!blocks_.is_intact(record)) {
        return;
    }
    const auto& head = blocks_.head(record);
    const auto twin = index_.find(head.id);
    if (twin != no_block) { // a replacement that was cut off between the new and the old
        if (blocks_.head(twin).version > head.version) {
            return;
        }
        index_.remove(twin);
        claim(twin, false);
    }
    claim(record, true);
    header_.last_version = std::max(header_.last_version, head.version);
    index_.add(record);
}

void Shard::claim(BlockIndex record, bool claimed) noexcept
{
    for (auto block = record; block != no_block; block = blocks_.next(block)) {
        const auto bit = std::uint64_t{1} << block % 64;
        auto& word = bitmap_[block / 64];
        word = claimed ? word | bit : word & ~bit;
    }
}

/// All that no record claims, marked as live or not. In ascending order, so that a new record's
/// blocks lie side by side.
void Shard::collect_free_blocks() noexcept
{
    header_.free_list = no_block;
    header_.free_blocks = 0;
    for (BlockIndex block = blocks_.count(); block-- > 0;) {
        if (!is_claimed(block)) {
            blocks_.link(block) = header_.free_list;
            header_.free_list = block;
            ++header_.free_blocks;
        }
    }
}

bool Shard::is_claimed(BlockIndex block) const noexcept
{
    return ((bitmap_[block / 64] >> block % 64) & 1U) != 0;
}

} // namespace ciam::store
