// What happened how often, by key and minute, in shared memory of a fixed size: for limits and for
// lines that must not fill a log. When there are more keys than room, those with the lowest counts
// go; a count may then begin anew, and nothing else is lost.
#pragma once

#include "base/time.hpp"
#include "store/robust_lock.hpp"

#include <cstddef>
#include <cstdint>

namespace ciam::store {

/// One key's counts. Those of another minute than the one asked for begin at 0.
struct Tally {
    std::uint64_t key; // 0: free
    std::int64_t minute;
    std::uint32_t events;    // refused, failed, logged: what there must not be too much of
    std::uint32_t good;      // the same things that went well
    std::uint32_t under_way; // and those whose end is not known yet
    std::uint32_t before;    // events of the last earlier minute that had any
};

class Tallies {
public:
    static std::size_t bytes_for(std::size_t keys);
    /// Lays out fresh memory, 64-byte aligned. Throws base::Error.
    static void format(void* memory, std::size_t keys);

    /// Any number of processes may use one memory, each through an object of its own.
    explicit Tallies(void* memory);

    /// Calls `act(Tally&)` with the key's counts of this minute, while no other process reads or
    /// changes them; `act` must not throw. Not called when the memory cannot be locked.
    template <class Act> void with(std::uint64_t key, base::Seconds now, Act act)
    {
        // A process that died inside the lock leaves counts that are as good as any.
        const RobustLock lock{mutex(), []() noexcept {}};
        if (lock.held()) {
            act(find(key == 0 ? 1 : key, now / 60));
        }
    }

private:
    struct Header;

    pthread_mutex_t& mutex() noexcept;
    Tally& find(std::uint64_t key, std::int64_t minute) noexcept;

    Header* header_;
};

} // namespace ciam::store
