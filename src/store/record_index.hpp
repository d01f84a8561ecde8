// Where a shard's slots are found: by id and by tag. All of it is derived from the slots. The
// shard's lock is held by whoever calls.
#pragma once

#include "store/hash_index.hpp"
#include "store/slot.hpp"

namespace ciam::store {

class RecordIndex {
public:
    RecordIndex(ShardHeader& shard, Pages& pages) noexcept
        : pages_(pages), ids_(shard.ids, pages), tags_(shard.tags, pages)
    {
    }

    /// Gives the pages back.
    void clear() noexcept
    {
        ids_.clear();
        tags_.clear();
    }
    /// For a rebuild: the pages are nobody's any more.
    void forget() noexcept
    {
        ids_.forget();
        tags_.forget();
    }
    bool is_empty() const noexcept { return ids_.nodes() == 0; }

    void add(Ref ref) noexcept;
    void remove(Ref ref) noexcept;

    /// no_ref when there is none. Of the slot so many lines are read soon.
    Ref find(const ShortId& id, std::size_t lines = base::lines_to_mark) const noexcept;
    /// The first of the tag; no_ref when there is none.
    TagRef first_of(Tag tag) const noexcept { return find_tag(tag, tags_.head(hash_of(tag))); }
    /// The next of the tag, of another slot.
    TagRef next_of(TagRef of) const noexcept;
    static Ref slot_of(TagRef tag) { return tag / 2; }

private:
    static std::uint32_t hash_of(Tag tag) { return static_cast<std::uint32_t>(tag); }
    TagEntry& entry(TagRef tag) const noexcept { return pages_.slot(tag / 2).tags[tag % 2]; }
    Tag tag_of(TagRef tag) const noexcept { return tag_in(entry(tag)); }
    static Tag tag_in(const TagEntry& entry) { return Tag{entry.high} << 32U | entry.low; }
    TagRef find_tag(Tag tag, TagRef from) const noexcept;

    void add_id(Ref ref) noexcept;
    void add_tag(TagRef tag) noexcept;
    void remove_tag(TagRef tag) noexcept;
    void grow_ids() noexcept;
    void grow_tags() noexcept;

    Pages& pages_;
    HashIndex ids_;
    HashIndex tags_;
};

} // namespace ciam::store
