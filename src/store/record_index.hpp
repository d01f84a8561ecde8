// Where a shard's records are found: by id, by tag, and by how long ago they were used. All of it
// is derived from the records. The shard's lock is held by whoever calls.
#pragma once

#include "store/blocks.hpp"

#include <cstddef>

namespace ciam::store {

class RecordIndex {
public:
    /// `tables` is two tables of as many buckets each.
    RecordIndex(ShardHeader& shard, const Blocks& blocks, unsigned char* tables,
                std::uint32_t buckets) noexcept
        : shard_(shard), blocks_(blocks), ids_(reinterpret_cast<BlockIndex*>(tables)),
          tags_(ids_ + buckets), buckets_(buckets)
    {
    }

    void clear() noexcept;

    /// As the record that was used last.
    void add(BlockIndex record) noexcept;
    void remove(BlockIndex record) noexcept;

    /// The record's first block, or no_block.
    BlockIndex find(const base::RecordId& id) const noexcept;
    /// The first record with this tag at or after `from`, which is first_of_tag() or next_of_tag().
    TagRef find_tagged(const base::RecordId& tag, TagRef from) const noexcept;
    TagRef first_of_tag(const base::RecordId& tag) const noexcept { return tag_bucket(tag); }
    /// Of another record than this one.
    TagRef next_of_tag(TagRef tag) const noexcept;

    void make_newest(BlockIndex record) noexcept;
    /// Puts all records in the order of their last use.
    void sort_by_use() noexcept;

private:
    BlockIndex& id_bucket(const base::RecordId& id) const noexcept;
    TagRef& tag_bucket(const base::RecordId& tag) const noexcept;
    TagLink& tag_link(TagRef tag) const noexcept;
    void add_tag(TagRef tag) noexcept;
    void remove_tag(TagRef tag) noexcept;
    void add_newest(BlockIndex record) noexcept;
    void remove_from_order(BlockIndex record) noexcept;
    BlockIndex merge(BlockIndex one, BlockIndex other) noexcept;
    void set_order(BlockIndex newest) noexcept;

    ShardHeader& shard_;
    Blocks blocks_;
    BlockIndex* ids_;
    TagRef* tags_;
    std::uint32_t buckets_;
};

} // namespace ciam::store
