// How often each thing has happened since nginx started, in memory that processes share.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ciam::store {

enum class Counter : std::uint8_t {
    logins_begun,    // sent to a provider
    logins_finished, // came back with a session
    logins_refused,  // a callback that was forged, late, cancelled or turned away
    logins_failed,   // the provider's fault, or ours
    logouts,         // asked for by the customer
    requests_denied, // by a rule, though logged in
    metadata_fetched,
    metadata_failed
};
constexpr std::size_t counter_count = 8;

/// All zero is a valid one, so that fresh memory is.
class Counters {
public:
    void add(Counter counter) noexcept
    {
        std::atomic_ref{at(counter)}.fetch_add(1, std::memory_order_relaxed);
    }
    std::uint64_t read(Counter counter) noexcept
    {
        return std::atomic_ref{at(counter)}.load(std::memory_order_relaxed);
    }

private:
    std::uint64_t& at(Counter counter) noexcept
    {
        return counts_[static_cast<std::size_t>(counter)];
    }

    alignas(64) std::array<std::uint64_t, counter_count> counts_{};
};

} // namespace ciam::store
