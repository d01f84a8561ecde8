// Deletions that the shared tier has still to hear of, in memory that the workers of one machine
// share: a logout while Redis is away must outlive the worker that served it. Bounded.
#pragma once

#include "base/record.hpp"
#include "store/shared_tier.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace ciam::store {

struct Deletion {
    enum class Of : std::uint32_t { record, tag };

    Of of = Of::record;
    base::RecordId id{};
    base::Seconds not_after = 0;  // of a tag, as in RemoveTagged
    base::Seconds keep_until = 0; // the same

    bool operator==(const Deletion&) const = default;
};

class DeletionQueue {
public:
    static std::size_t bytes_for(std::size_t most) noexcept;
    /// Lays out fresh memory, 64-byte aligned. Throws base::Error.
    static void format(void* memory, std::size_t most);

    /// Any number of processes may use one memory, each through an object of its own.
    explicit DeletionQueue(void* memory) noexcept;

    /// False: it is full. What is in it already stays one entry, which does what
    /// both of them would. It is handed out by take() after
    /// `not_before`, so that who adds it can do it himself first.
    bool add(const Deletion& deletion, Millis not_before) noexcept;

    /// One that nobody works on. It comes again after `lease` unless it is done by then.
    std::optional<Deletion> take(Millis now, Millis lease) noexcept;

    /// Unless one was added meanwhile that does more.
    void done(const Deletion& deletion) noexcept;

    std::size_t size() const noexcept;

private:
    struct Header;
    struct Entry;

    template <class Act> void locked(Act act) const noexcept;
    static bool is_same(const Entry& entry, const Deletion& deletion) noexcept;
    Entry* find(const Deletion& deletion) const noexcept;

    Header* header_;
    Entry* entries_;
};

} // namespace ciam::store
