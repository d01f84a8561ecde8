#include "store/record_index.hpp"

#include <cstring>

namespace ciam::store {
namespace {

// An id is the output of a keyed hash: any of its bytes are as good as a hash of it. The first ones
// have chosen the shard.
std::uint32_t hash(const base::RecordId& id)
{
    std::uint32_t value = 0;
    std::memcpy(&value, id.data() + 8, sizeof(value));
    return value;
}

} // namespace

void RecordIndex::clear() noexcept
{
    std::fill_n(ids_, buckets_, no_block);
    std::fill_n(tags_, buckets_, no_tag);
    shard_.newest = no_block;
    shard_.oldest = no_block;
    shard_.records = 0;
}

void RecordIndex::add(BlockIndex record) noexcept
{
    auto& head = blocks_.head(record);
    auto& bucket = id_bucket(head.id);
    head.same_bucket = bucket;
    bucket = record;
    for (std::uint32_t i = 0; i < head.tag_count; ++i) {
        add_tag(record * 2 + i);
    }
    add_newest(record);
    ++shard_.records;
}

void RecordIndex::remove(BlockIndex record) noexcept
{
    auto& head = blocks_.head(record);
    auto* place = &id_bucket(head.id);
    while (*place != record) {
        place = &blocks_.head(*place).same_bucket;
    }
    *place = head.same_bucket;
    for (std::uint32_t i = 0; i < head.tag_count; ++i) {
        remove_tag(record * 2 + i);
    }
    remove_from_order(record);
    --shard_.records;
}

BlockIndex RecordIndex::find(const base::RecordId& id) const noexcept
{
    auto record = id_bucket(id);
    if (record != no_block) {
        blocks_.prefetch(record);
    }
    while (record != no_block && blocks_.head(record).id != id) {
        record = blocks_.head(record).same_bucket;
    }
    return record;
}

TagRef RecordIndex::find_tagged(const base::RecordId& tag, TagRef from) const noexcept
{
    while (from != no_tag && blocks_.tag(from) != tag) {
        from = tag_link(from).next;
    }
    return from;
}

TagRef RecordIndex::next_of_tag(TagRef tag) const noexcept
{
    auto next = tag_link(tag).next;
    while (next != no_tag && next / 2 == tag / 2) {
        next = tag_link(next).next;
    }
    return next;
}

void RecordIndex::make_newest(BlockIndex record) noexcept
{
    if (shard_.newest != record) {
        remove_from_order(record);
        add_newest(record);
    }
}

BlockIndex& RecordIndex::id_bucket(const base::RecordId& id) const noexcept
{
    return ids_[hash(id) & (buckets_ - 1)];
}

TagRef& RecordIndex::tag_bucket(const base::RecordId& tag) const noexcept
{
    return tags_[hash(tag) & (buckets_ - 1)];
}

TagLink& RecordIndex::tag_link(TagRef tag) const noexcept
{
    return blocks_.head(tag / 2).tag_links[tag % 2];
}

void RecordIndex::add_tag(TagRef tag) noexcept
{
    auto& bucket = tag_bucket(blocks_.tag(tag));
    tag_link(tag) = {no_tag, bucket};
    if (bucket != no_tag) {
        tag_link(bucket).previous = tag;
    }
    bucket = tag;
}

void RecordIndex::remove_tag(TagRef tag) noexcept
{
    const auto [previous, next] = tag_link(tag);
    if (next != no_tag) {
        tag_link(next).previous = previous;
    }
    if (previous != no_tag) {
        tag_link(previous).next = next;
    } else {
        tag_bucket(blocks_.tag(tag)) = next;
    }
}

void RecordIndex::add_newest(BlockIndex record) noexcept
{
    auto& head = blocks_.head(record);
    head.newer = no_block;
    head.older = shard_.newest;
    if (shard_.newest != no_block) {
        blocks_.head(shard_.newest).newer = record;
    } else {
        shard_.oldest = record;
    }
    shard_.newest = record;
}

void RecordIndex::remove_from_order(BlockIndex record) noexcept
{
    const auto& head = blocks_.head(record);
    (head.newer != no_block ? blocks_.head(head.newer).older : shard_.newest) = head.older;
    (head.older != no_block ? blocks_.head(head.older).newer : shard_.oldest) = head.newer;
}

// Merge sort of the list in place: nothing may be allocated here. runs[i] is sorted and 2^i long.
void RecordIndex::sort_by_use() noexcept
{
    constexpr std::size_t most_runs = 32;
    BlockIndex runs[most_runs];
    std::fill_n(runs, most_runs, no_block);
    for (auto record = shard_.newest; record != no_block;) {
        auto run = record;
        record = blocks_.head(record).older;
        blocks_.head(run).older = no_block;
        std::size_t i = 0;
        for (; runs[i] != no_block; ++i) {
            run = merge(runs[i], run);
            runs[i] = no_block;
        }
        runs[i] = run;
    }
    auto all = no_block;
    for (const auto run : runs) {
        all = merge(run, all);
    }
    set_order(all);
}

/// Two lists linked by `older`, each with the newest first.
BlockIndex RecordIndex::merge(BlockIndex one, BlockIndex other) noexcept
{
    auto first = no_block;
    auto* end = &first;
    while (one != no_block && other != no_block) {
        const bool take_one = blocks_.head(one).last_seen >= blocks_.head(other).last_seen;
        auto& taken = take_one ? one : other;
        *end = taken;
        end = &blocks_.head(taken).older;
        taken = *end;
    }
    *end = one != no_block ? one : other;
    return first;
}

void RecordIndex::set_order(BlockIndex newest) noexcept
{
    shard_.newest = newest;
    auto newer = no_block;
    for (auto record = newest; record != no_block; record = blocks_.head(record).older) {
        blocks_.head(record).newer = newer;
        newer = record;
    }
    shard_.oldest = newer;
}

} // namespace ciam::store
