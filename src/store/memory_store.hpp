// Sessions in one piece of memory that processes share. Answers every request at once.
#pragma once

#include "store/layout.hpp"
#include "store/store.hpp"

#include <array>
#include <cstddef>
#include <optional>

namespace ciam::store {

struct MemoryStoreStatus {
    std::size_t records = 0;
    std::size_t untagged = 0; // of these: no sessions, but what is remembered of logouts
    std::size_t tombstones = 0;
    std::size_t bytes_used = 0; // headers, and whole pages that hold anything
    std::size_t bytes_total = 0;
    std::uint64_t expired = 0;      // sessions dropped after their time
    std::uint64_t evicted_live = 0; // sessions dropped for room before their time
    std::uint64_t rebuilt = 0; // times that a process died inside a lock and its shard was rebuilt
    std::uint64_t damaged = 0; // records dropped since they were not whole
    /// When the session that nobody has used for longest was used: among those that sweeps have
    /// passed, so not of the last minutes. nullopt before they have passed any.
    std::optional<base::Seconds> oldest_use;
    std::uint64_t locks = 0;
    std::uint64_t lock_waits = 0; // of the locks those that another process held
    /// [i]: waited under 2^i microseconds, and not under 2^(i-1).
    std::array<std::uint64_t, wait_buckets> waits{};

    /// Of a thousand locks 999 came sooner: in microseconds, rounded up to a power of two.
    std::uint64_t lock_wait_p999_us() const noexcept;
};

/// Any number of processes may use one memory, each through an object of its own.
class MemoryStore : public Store {
public:
    static constexpr std::size_t smallest = 64 * 1024;

    /// Lays out memory. It is 64-byte aligned and at least `smallest`; later it may have more or
    /// fewer bytes, see resize().
    static void format(void* memory, std::size_t bytes);

    /// False when the memory was not laid out by this version with this size.
    static bool is_formatted(const void* memory, std::size_t bytes) noexcept;
    /// False when it was not laid out by this version.
    static bool is_formatted(const void* memory) noexcept;

    /// For memory that comes from somewhere else, which no other process uses: keeps what is whole
    /// in the first `bytes` of it. False when nothing can be kept; then it has to be formatted.
    static bool recover(void* memory, std::size_t bytes);

    /// Uses memory that format() laid out, for as long as the object lives.
    explicit MemoryStore(void* memory);

    std::unique_ptr<Pending> ask(const base::StoreRequest& request, base::StoreReply& reply,
                                 std::function<void(base::StoreReply)> done) override;

    std::size_t bytes() const noexcept;
    /// So many bytes are mapped here. The memory will not grow beyond what any process has mapped;
    /// is_first: no other process has it.
    void allow_growth(std::size_t most_bytes, bool is_first) noexcept;
    /// From now on the memory has so many bytes, at least `smallest` and at most what was allowed;
    /// they are there already. What lies above is dropped.
    void resize(std::size_t bytes);

    /// Drops records that have expired, looking at so many places of each shard.
    void sweep(base::Seconds now, std::size_t looks_each);

    MemoryStoreStatus status() const;

    void* memory() const noexcept { return memory_; }

private:
    void* memory_;
};

} // namespace ciam::store
