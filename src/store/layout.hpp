// How the session memory is laid out.
//
//     header | shard headers | pages                              (page p belongs to shard p %
//     shards)
//
// A shard has a lock, and everything of a record is in one shard: the first bytes of its id choose
// it. No two shards are ever locked at once. Pages are as many as the memory's limit allows; the
// limit moves up and down while processes use the memory, and nothing is ever copied elsewhere.
//
// A page is free, or a piece of an index, or cut into slots of one size class: 32 bytes apart, and
// above 1/32 of a page what divides it evenly. A record is one contiguous slot: its header, the
// hot part (what every request reads), the cold part. An empty page is free for any class again.
//
// What is true are the layout word of a page and the header of a slot, each made valid by the store
// of one word: a slot is filled while it is free, and its mark makes it live. Everything else is
// derived: the chains of the two hash indexes (by id, by tag), the lists of pages and free slots,
// the counters. They are changed in place; when a process dies inside the lock, the next one makes
// them anew from the headers. Of two live slots with one id the higher version is the record.
//
// The indexes grow by one bucket an insertion (linear hashing), so that no request waits for a
// large step. Full memory: what has expired goes first, found by a hand that looks at a few slots
// with each insertion; then the least recently used of the slots that the class's hand looks at.
// Tombstones stay longer than any record, as long as they take less than a part of the shard.
//
// An id is kept to 16 bytes and a tag to 8: both are outputs of a keyed hash that nobody outside
// can choose. A collision of ids would be refused as a conflict and could not be opened, since the
// seals bind all 32 bytes; to end a stranger's session, one logout among a million sessions would
// have a chance of 1 to 10^13.
//
// A tombstone is a slot too: it keeps a tag out for a while, so that a login that was under way
// when its group was removed does not come back. It lies in the shard that the tag's own bytes
// choose. An insertion puts its record first and looks for tombstones afterwards; a removal puts
// its tombstone first and removes afterwards: whichever order they come in, the record goes.
#pragma once

#include "base/record.hpp"
#include "base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <pthread.h>
#include <type_traits>

namespace ciam::store {

/// A slot is named by its place in its shard's pages, counted in units; never by an address, since
/// each process may have the memory elsewhere.
using Ref = std::uint32_t;
constexpr Ref no_ref = 0xffffffff;
/// One of a record's tags: its slot times two, plus which tag.
using TagRef = std::uint32_t;
/// A page of this shard.
using PageIndex = std::uint32_t;
constexpr PageIndex no_page = 0xffffffff;

constexpr std::size_t unit_bytes = 32;
constexpr std::size_t max_tags = 2;
constexpr std::size_t class_count = 64 + 31;
constexpr std::size_t header_buckets = 256; // of an index, before it has a page
constexpr std::size_t index_pages = 256;
constexpr std::size_t wait_buckets = 24;
constexpr std::size_t shard_headers = 512; // bytes from the start of the whole memory

using ShortId = std::array<unsigned char, 16>;
using Tag = std::uint64_t;

/// A slot's mark: the version, and in the lowest byte what is in it.
constexpr std::uint64_t live_mark = 0x80;
constexpr std::uint64_t tombstone_mark = 0x40;
constexpr std::uint64_t tag_count_mask = 0x03;
constexpr unsigned version_shift = 8;

struct TagEntry {
    std::uint32_t low; // of the tag: in halves, for the alignment
    std::uint32_t high;
    TagRef previous; // derived
    TagRef next;     // derived
};

struct SlotHeader {
    std::uint64_t mark; // 0: free
    std::uint32_t last_seen;
    Ref next; // derived: in the chain of the id's bucket, or of the page's free slots
    ShortId id;
    std::uint32_t idle_timeout;
    std::uint32_t limit;
    std::uint32_t issued_at;
    std::uint32_t checksum; // of all that is neither derived nor last_seen
    std::uint16_t hot_size;
    std::uint16_t cold_size;
    TagEntry tags[max_tags]; // as many as the mark says; then the hot and the cold part
};
static_assert(sizeof(SlotHeader) == 88 && offsetof(SlotHeader, tags) == 52 &&
              std::is_trivially_copyable_v<SlotHeader>);

/// The start of every page.
struct PageHeader {
    std::uint64_t layout;    // see layout_word()
    std::uint16_t used;      // derived: slots that are live or being filled
    std::uint16_t free_slot; // derived: the first free one, in units from the page's start; 0: none
    PageIndex next;          // derived: all pages of the class, in a ring; or the next free page
    PageIndex previous;
    PageIndex next_partial; // derived: the class's pages that have free slots
    PageIndex previous_partial;
};
static_assert(sizeof(PageHeader) <= unit_bytes);

enum class PageKind : std::uint8_t { free, slots, index };

constexpr std::uint64_t layout_word(PageKind kind, std::size_t units)
{
    constexpr std::uint64_t magic = 0x63706167;
    return magic << 32U | static_cast<std::uint64_t>(kind) << 16U | units;
}

struct ClassHeader {
    PageIndex pages; // one of the ring
    PageIndex partial;
    std::uint32_t page_count;
    Ref hand; // the slot that is looked at next when room is needed
};

/// A hash index: chains of slots. `buckets` grows one by one.
struct IndexHeader {
    std::uint32_t buckets;
    std::uint32_t nodes;
    std::uint32_t pages;
    PageIndex directory[index_pages];
    std::uint32_t first[header_buckets];
};

/// What is counted; kept over a rebuild.
struct ShardCounters {
    std::uint64_t last_version;
    std::uint64_t expired;      // dropped after their time
    std::uint64_t evicted_live; // dropped before their time, for room
    std::uint64_t rebuilt;      // after a death inside the lock
    std::uint64_t damaged;      // slots that a rebuild did not find whole
    std::uint64_t locks;
    std::uint64_t waits[wait_buckets]; // those who waited, by bit width of the microseconds
};

struct alignas(64) ShardHeader {
    pthread_mutex_t mutex;
    std::uint32_t pages; // that this shard may use: the memory's limit
    PageIndex free_pages;
    std::uint32_t free_page_count;
    std::uint64_t records;
    std::uint64_t untagged; // of the records
    std::uint64_t tombstones;
    Ref sweep;                      // the slot that is looked at next for being past its time
    std::uint32_t oldest_this_turn; // last_seen of the records that the sweep has passed
    std::uint32_t oldest_last_turn;
    ShardCounters counters;
    IndexHeader ids;
    IndexHeader tags;
    ClassHeader classes[class_count];
};

/// What follows from the memory's size when it is laid out; constant from then on.
struct Geometry {
    std::uint32_t shards;     // a power of two
    std::uint32_t page_bytes; // a power of two
    std::uint64_t first_page; // bytes from the start

    static Geometry of(std::size_t bytes) noexcept;
    /// One that of() may have given, for whatever size.
    bool is_possible() const noexcept;

    /// Of each shard, in memory of this size.
    std::uint32_t pages_in(std::size_t bytes) const noexcept;
    std::uint32_t units() const noexcept { return page_bytes / unit_bytes; }
    bool operator==(const Geometry&) const = default;
};

/// The size class of a record of so many units, and the size of the class's slots.
struct SizeClass {
    std::size_t number;
    std::uint32_t units;

    static SizeClass of(std::uint32_t units, std::uint32_t page_units) noexcept;
};

} // namespace ciam::store
