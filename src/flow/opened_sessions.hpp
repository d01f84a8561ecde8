// What a worker has opened in the last minute, so that the next request of the same customer costs
// no cryptography. The store decides as ever: whether there is a session, and which record it is.
// This knows only what that very record says. Plaintext, so it lies in memory of the worker's own
// that no core dump holds, is bounded, and is wiped when nobody has asked for a minute.
#pragma once

#include "flow/session.hpp"

#include <cstdint>
#include <string_view>

namespace ciam::flow {

class OpenedSessions {
public:
    /// A cookie at one provider, under one of its keys.
    struct Place {
        const SessionSealer& sealer;
        const jose::Mac& mac;
        std::string_view cookie; // of the shape of SessionSealer::is_cookie()
    };

    /// What open_hot() has just made of a record.
    struct Opened {
        const SessionKeys& keys;
        const base::StoreReply& reply;
        std::string_view text;
    };

    /// What is known of one place.
    class Entry;

    /// Takes its memory with the first session. Where there is none, nothing is remembered.
    OpenedSessions() = default;
    OpenedSessions(const OpenedSessions&) = delete;
    OpenedSessions& operator=(const OpenedSessions&) = delete;
    ~OpenedSessions();

    /// nullptr: nothing. Good until the next call that is not find().
    Entry* find(const Place& place) const noexcept;

    void keep(const Place& place, const Opened& opened, base::Seconds now) noexcept;

    void forget(const Place& place) noexcept;
    void forget_idle(base::Seconds now) noexcept;

private:
    struct Memory;

    std::uint32_t* reference(const Place& place) const noexcept;
    bool has_memory() noexcept;

    Memory* memory_ = nullptr;
};

/// Packed, since of many customers in turn each costs the lines of memory that are looked at. The
/// text follows it.
class OpenedSessions::Entry {
public:
    /// What SessionSealer::keys() says.
    const SessionKeys& keys() const noexcept { return keys_; }
    /// Of the record that was opened. Any other writing of the session has another.
    const base::HotMark& mark() const noexcept { return mark_; }
    /// What open_hot() has made of that record; empty past its limit.
    std::string_view text(base::Seconds now) noexcept;

private:
    friend class OpenedSessions;

    static constexpr std::size_t cookie_bytes = 43;

    bool is_of(const Place& place) const noexcept;
    std::string_view all_text() const noexcept
    {
        return {reinterpret_cast<const char*>(this + 1), text_size_};
    }

    std::array<char, cookie_bytes> cookie_;
    base::HotMark mark_;
    std::uint32_t used_at_;
    const SessionSealer* sealer_; // null: wiped
    const jose::Mac* mac_;
    const void* record_at_; // StoreReply::at
    SessionKeys keys_;
    std::uint32_t units_; // of memory, for good
    std::uint32_t text_size_;
};

} // namespace ciam::flow
