// Sessions in one piece of memory that processes share. Answers every request at once.
#pragma once

#include "store/store.hpp"

#include <cstddef>

namespace ciam::store {

struct MemoryStoreStatus {
    std::size_t records;
    std::size_t bytes_used;
    std::size_t bytes_total;
    std::uint64_t evicted_live; // sessions dropped for room before their time
    std::uint64_t rebuilt;      // times that a process died inside a lock and its shard was rebuilt
};

/// Any number of processes may use one memory, each through an object of its own.
class MemoryStore : public Store {
public:
    static constexpr std::size_t smallest = 64 * 1024;

    /// Lays out fresh memory (all of it is written by us). `memory` is 64-byte aligned and at least
    /// `smallest`.
    static void format(void* memory, std::size_t bytes);

    /// False when the memory was not laid out by this version with this size.
    static bool is_formatted(const void* memory, std::size_t bytes) noexcept;

    /// Uses memory that format() laid out, for as long as the object lives.
    explicit MemoryStore(void* memory);

    std::unique_ptr<Pending> ask(const base::StoreRequest& request, base::StoreReply& reply,
                                 std::function<void(base::StoreReply)> done) override;

    MemoryStoreStatus status() const;

private:
    struct Header;
    Header* header_;
};

} // namespace ciam::store
