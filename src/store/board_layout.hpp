// How a notice board lies in memory: a header, one slot for each subject, and behind them the
// blocks that the texts are written to. Few of many texts are long: together they have less room
// than each.
#pragma once

#include "base/record.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <pthread.h>
#include <string_view>

namespace ciam::store {

constexpr std::size_t most_reason_bytes = 200;
constexpr std::size_t block_bytes = 4096;
constexpr std::size_t most_blocks = 40; // of one text

struct Lease {
    pid_t owner; // 0: nobody
    std::int64_t until;
    std::int64_t not_before; // no lease is given earlier
};

struct Failure {
    std::uint64_t attempt;
    int fault;
    std::uint32_t reason_size;
    char reason[most_reason_bytes];
};

/// What generation() reads without the lock is written by atomic stores alone; the rest is under
/// the lock.
struct Slot {
    std::uint64_t changes; // odd while the slot passes to another subject
    std::uint64_t subject[4];
    std::uint64_t generation; // 0: nothing is posted
    std::uint64_t used;       // when it was claimed or posted last, counted; 0: free
    std::uint64_t text_size;
    base::Seconds posted_at;
    std::uint64_t is_writing; // half of it is of the old text and half of the new
    Lease lease;
    Failure failure;
    std::uint32_t blocks[most_blocks]; // as many as text_size needs
};

/// The counters are the board's, not the slots': they grow though a slot changes hands.
struct alignas(64) BoardHeader {
    std::uint64_t magic; // written last
    std::uint64_t layout;
    std::uint64_t subjects;
    std::uint64_t bytes_each;
    std::uint64_t blocks;
    std::uint64_t last_generation;
    std::uint64_t last_attempt;
    std::uint64_t last_use;
    pthread_mutex_t mutex;
};

/// A subject has its slot in one of so many places, which its fingerprint says: looking for one of
/// thousands costs no more than looking for one of these.
constexpr std::size_t most_places = 64;

/// The slots of one board. Nothing here throws or allocates.
class Slots {
public:
    static std::size_t blocks_for(std::size_t subjects, std::size_t bytes_each) noexcept;
    static std::size_t bytes_for(std::size_t subjects, std::size_t bytes_each) noexcept;
    /// Of these the part that has to be zeros at first.
    static std::size_t head_bytes(std::size_t subjects, std::size_t blocks) noexcept;

    explicit Slots(BoardHeader& header) noexcept;

    /// The generation of the subject, without the lock.
    std::uint64_t generation(const base::RecordId& subject) const noexcept;

    // The lock is held by whoever calls.

    /// Null when the subject has no slot.
    Slot* find(const base::RecordId& subject) const noexcept;
    /// The subject's slot, else a free one, else the one of its places that was posted longest ago.
    Slot& claim(const base::RecordId& subject) noexcept;
    /// Writes text_size bytes.
    void read(const Slot& slot, char* to) const noexcept;
    /// `text` is not longer than bytes_each. Where there is no room for it, those posted longest
    /// ago go.
    void post(Slot& slot, std::string_view text, base::Seconds posted_at) noexcept;

    /// After a process died inside the lock: what it was writing is gone.
    void repair() noexcept;

private:
    /// The first of a subject's places that `visit` says true of, else null.
    template <class Visit> Slot* first_of(std::uint64_t subject, Visit visit) const noexcept;
    void hand_over(Slot& slot, const std::uint64_t* subject) noexcept;
    char* block(std::uint32_t index) const noexcept;
    void take_blocks(Slot& slot, std::size_t count) noexcept;
    void give_back(Slot& slot) noexcept;
    void drop_oldest(const Slot& but) noexcept;

    BoardHeader& header_;
    Slot* first_;
    Slot* end_;
    std::uint8_t* taken_; // one for each block: is it a slot's?
    char* texts_;
};

} // namespace ciam::store
