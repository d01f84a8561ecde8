// Whose turn it is to do what only one process may do at a time, and what nobody should try for a
// while since it has just failed: by key, in shared memory of a fixed size. A turn ends with the
// process that has it.
#pragma once

#include "store/document_board.hpp"
#include "store/robust_lock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace ciam::store {

/// One key's state. All zero: nobody's turn, and nothing has failed.
struct Turn {
    std::uint64_t key; // 0: free
    Milliseconds until;
    Milliseconds held_until;
    pid_t owner;          // 0: nobody
    std::uint32_t reason; // of the last failure, as its author counts them; 0: none
};

class Turns {
public:
    static std::size_t bytes_for(std::size_t keys);
    /// Lays out fresh memory, 64-byte aligned. Throws base::Error.
    static void format(void* memory, std::size_t keys);

    /// Any number of processes may use one memory, each through an object of its own.
    explicit Turns(void* memory);

    enum class Taken : std::uint8_t { mine, busy, held };

    /// Busy: a living process has the turn, or there is no room for one more. Held: see hold().
    /// `until` ends a turn that its owner forgets.
    Taken take(std::uint64_t key, Milliseconds now, Milliseconds until) noexcept;

    /// Ends this process' turn. The last failure is forgotten.
    void end(std::uint64_t key, Milliseconds now) noexcept;

    /// It has failed: ends this process' turn, and nobody gets one before `until`.
    void hold(std::uint64_t key, Milliseconds now, Milliseconds until,
              std::uint32_t reason) noexcept;

    struct Hold {
        std::uint32_t reason = 0; // 0: the last attempt has not failed
        Milliseconds until = 0;
    };
    Hold last_hold(std::uint64_t key) noexcept;

    /// The same for all processes that use this memory, and for no others: 16 random bytes.
    std::string machine() const;

private:
    struct Header;

    template <class Act> void with(std::uint64_t key, Act act) noexcept;
    Turn* set_of(std::uint64_t key) noexcept;
    static Turn* place_for(Turn* set, std::uint64_t key, Milliseconds now) noexcept;

    Header* header_;
};

} // namespace ciam::store
