// The header of the whole memory, and its shards under their locks.
#pragma once

#include "store/robust_lock.hpp"
#include "store/shard.hpp"

#include <algorithm>
#include <atomic>
#include <bit>

namespace ciam::store {

/// What must be so for this version to use the memory. It is there twice, since without it all that
/// follows would be lost.
struct StoreLayout {
    std::uint64_t magic; // written last
    std::uint64_t layout;
    Geometry geometry;
    std::uint64_t checksum;

    static StoreLayout of(const Geometry& geometry) noexcept;
    bool is_valid() const noexcept;
};

struct StoreHeader {
    StoreLayout layout;
    std::uint64_t bytes;            // the memory's limit
    std::uint64_t most_bytes;       // the limit's limit: every process has mapped so many
    std::uint32_t tombstones_until; // from then on there is none that counts
    std::uint64_t unused[24];       // so that one damage does not hit both
    StoreLayout copy;
};
static_assert(sizeof(StoreHeader) <= shard_headers);

/// No two shards are ever locked at once.
class Shards {
public:
    explicit Shards(void* memory) noexcept
        : memory_(static_cast<unsigned char*>(memory)), geometry_(header().layout.geometry)
    {
    }

    StoreHeader& header() const noexcept { return *reinterpret_cast<StoreHeader*>(memory_); }
    const Geometry& geometry() const noexcept { return geometry_; }
    std::uint32_t count() const noexcept { return geometry_.shards; }
    std::uint32_t number_of(const base::RecordId& id) const noexcept
    {
        return id[0] & (geometry_.shards - 1U);
    }
    Shard without_lock(std::uint32_t number) const noexcept { return {memory_, number, geometry_}; }

    /// False when the shard cannot be locked.
    template <class Act> bool with(std::uint32_t number, Act act) const
    {
        auto shard = without_lock(number);
        auto& counters = shard.header().counters;
        const RobustLock lock{shard.header().mutex, [&]() noexcept {
                                  shard.rebuild();
                                  ++counters.rebuilt;
                              }};
        if (!lock.held()) {
            return false;
        }
        ++counters.locks;
        if (lock.has_waited()) {
            const auto width = static_cast<std::size_t>(std::bit_width(lock.waited_microseconds()));
            ++counters.waits[std::min(width, wait_buckets - 1)];
        }
        act(shard);
        return true;
    }
    template <class Act> bool with_all(Act act) const
    {
        bool all = true;
        for (std::uint32_t i = 0; i < count(); ++i) {
            all &= with(i, act);
        }
        return all;
    }

    bool may_have_tombstones(std::uint32_t now) const noexcept
    {
        return now < std::atomic_ref{header().tombstones_until}.load();
    }
    /// Before the first of them is there.
    void announce_tombstone(std::uint32_t until) const noexcept;

private:
    unsigned char* memory_;
    Geometry geometry_;
};

} // namespace ciam::store
