#include "store/turns.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <unistd.h>

namespace ciam::store {

struct alignas(64) Turns::Header {
    pthread_mutex_t mutex;
    std::uint64_t sets;
    char machine[16];
};

namespace {

constexpr std::size_t ways = 8; // a key's place is one of so many

std::size_t sets_for(std::size_t keys)
{
    return std::max<std::size_t>((keys + ways - 1) / ways, 1);
}

bool is_taken(const Turn& turn, Milliseconds now) noexcept
{
    // EPERM is an answer of a living process too.
    return turn.owner != 0 && now < turn.until && (kill(turn.owner, 0) == 0 || errno != ESRCH);
}

Turn* find(Turn* set, std::uint64_t key) noexcept
{
    auto* found =
        std::find_if(set, set + ways, [key](const Turn& turn) { return turn.key == key; });
    return found == set + ways ? nullptr : found;
}

bool is_of_others(const Turn& turn, Milliseconds now) noexcept
{
    return turn.owner != getpid() && is_taken(turn, now);
}

} // namespace

std::size_t Turns::bytes_for(std::size_t keys)
{
    return sizeof(Header) + sets_for(keys) * ways * sizeof(Turn);
}

void Turns::format(void* memory, std::size_t keys)
{
    std::memset(memory, 0, bytes_for(keys));
    auto* header = new (memory) Header{};
    header->sets = sets_for(keys);
    base::random_bytes(sizeof(header->machine)).copy(header->machine, sizeof(header->machine));
    init_robust_mutex(header->mutex);
}

Turns::Turns(void* memory) : header_(static_cast<Header*>(memory)) {}

std::string Turns::machine() const
{
    return {header_->machine, sizeof(header_->machine)};
}

template <class Act> void Turns::with(std::uint64_t key, Act act) noexcept
{
    key = key == 0 ? 1 : key;
    // A process that died inside the lock leaves one turn in an odd state, which ends with it.
    const RobustLock lock{header_->mutex, []() noexcept {}};
    if (lock.held()) {
        act(set_of(key), key);
    }
}

Turn* Turns::set_of(std::uint64_t key) noexcept
{
    return reinterpret_cast<Turn*>(header_ + 1) + key % header_->sets * ways;
}

/// The key's own, a free one, or one that is of no more use; else null.
Turn* Turns::place_for(Turn* set, std::uint64_t key, Milliseconds now) noexcept
{
    if (auto* own = find(set, key)) {
        return own;
    }
    auto* found = std::find_if(set, set + ways, [now](const Turn& turn) {
        return turn.key == 0 || (!is_taken(turn, now) && now >= turn.held_until);
    });
    if (found == set + ways) {
        return nullptr;
    }
    *found = {};
    found->key = key;
    return found;
}

Turns::Taken Turns::take(std::uint64_t wanted, Milliseconds now, Milliseconds until) noexcept
{
    auto taken = Taken::busy;
    with(wanted, [&](Turn* set, std::uint64_t key) {
        auto* turn = place_for(set, key, now);
        if (turn == nullptr || is_taken(*turn, now)) {
            return;
        }
        taken = now < turn->held_until ? Taken::held : Taken::mine;
        if (taken == Taken::mine) {
            turn->owner = getpid();
            turn->until = until;
        }
    });
    return taken;
}

void Turns::end(std::uint64_t wanted, Milliseconds now) noexcept
{
    with(wanted, [now](Turn* set, std::uint64_t key) {
        auto* turn = find(set, key);
        if (turn != nullptr && !is_of_others(*turn, now)) {
            *turn = {};
        }
    });
}

void Turns::hold(std::uint64_t wanted, Milliseconds now, Milliseconds until,
                 std::uint32_t reason) noexcept
{
    with(wanted, [&](Turn* set, std::uint64_t key) {
        auto* turn = place_for(set, key, now);
        if (turn == nullptr || is_of_others(*turn, now)) {
            return;
        }
        turn->owner = 0;
        turn->reason = reason;
        turn->held_until = std::max(turn->held_until, until);
    });
}

Turns::Hold Turns::last_hold(std::uint64_t wanted) noexcept
{
    Hold hold;
    with(wanted, [&](Turn* set, std::uint64_t key) {
        if (const auto* turn = find(set, key)) {
            hold = {turn->reason, turn->held_until};
        }
    });
    return hold;
}

} // namespace ciam::store
