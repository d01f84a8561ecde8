// How the session memory is laid out: shards of equal size, each with a lock of its own, and in
// each shard two hash tables and blocks of one size. A record is a chain of blocks. The record
// itself is the truth; hash chains, the order of use, the free list and the counters are derived
// from it and made anew when a process died inside the lock.
#pragma once

#include "base/record.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <pthread.h>
#include <type_traits>

namespace ciam::store {

/// Things are named by index, never by address: each process may have the memory elsewhere.
using BlockIndex = std::uint32_t;
constexpr BlockIndex no_block = 0x3fffffff;

/// One of a record's tags: block index times two, plus which tag.
using TagRef = std::uint32_t;
constexpr TagRef no_tag = 0xffffffff;

constexpr std::size_t block_bytes = 256;
constexpr std::size_t max_tags = 2;

/// The first word of every block: the next block of the chain, and in the first block of a record,
/// and there alone, the mark that makes it one.
using Link = std::uint32_t;
constexpr Link live_mark = 0x40000000;
constexpr Link next_mask = 0x3fffffff;

struct TagLink {
    TagRef previous;
    TagRef next;
};

/// The start of a record's first block. Tags, hot and cold part follow, over as many blocks as they
/// need.
struct RecordHead {
    Link link;
    BlockIndex same_bucket; // derived: the next record of this hash bucket
    std::uint64_t version;
    base::RecordId id;
    base::Seconds last_seen;
    base::Seconds idle_timeout;
    base::Seconds limit;
    std::uint32_t hot_size;
    std::uint32_t cold_size;
    std::uint32_t tag_count;
    std::uint32_t checksum;      // of all that does not change while the record lives
    BlockIndex newer;            // derived: order of use
    BlockIndex older;            // derived
    TagLink tag_links[max_tags]; // derived
};
static_assert(sizeof(RecordHead) == 112 && std::is_trivially_copyable_v<RecordHead>);

struct alignas(64) ShardHeader {
    pthread_mutex_t mutex;
    BlockIndex free_list;
    std::uint32_t free_blocks;
    BlockIndex newest;
    BlockIndex oldest;
    std::uint64_t records;
    std::uint64_t last_version;
    std::uint64_t evicted_live;
    std::uint64_t rebuilt;
};

/// Computed from the memory's size alone, so that every process comes to the same.
struct Geometry {
    std::uint32_t shards;  // a power of two
    std::uint32_t buckets; // of each of a shard's two tables; a power of two
    std::uint32_t blocks;  // of each shard
    std::uint32_t bitmap_words;
    std::uint64_t shard_bytes;

    static Geometry of(std::size_t bytes) noexcept;

    std::size_t tables_bytes() const noexcept;
    bool operator==(const Geometry&) const = default;
};

} // namespace ciam::store
