// What a worker has opened in the last minute, so that the next request of the same customer costs
// no cryptography. The store decides as ever: whether there is a session, and which record it is.
// This knows only what that very record says. Plaintext, so it lies in memory of the worker's own
// that no core dump holds, is bounded, and is wiped when nobody has asked for a minute.
#pragma once

#include "flow/session.hpp"

#include <cstdint>
#include <optional>
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
        const base::Record& record;
        std::string_view text;
    };

    /// Takes its memory with the first session. Where there is none, nothing is remembered.
    OpenedSessions() = default;
    OpenedSessions(const OpenedSessions&) = delete;
    OpenedSessions& operator=(const OpenedSessions&) = delete;
    ~OpenedSessions();

    /// What SessionSealer::keys() says of it; nullopt: not known.
    std::optional<SessionKeys> keys(const Place& place) const noexcept;

    /// What SessionSealer::open_hot() makes of this record; empty: not known, or past its limit.
    /// The view is good until the next call.
    std::string_view text(const Place& place, const base::Record& record,
                          base::Seconds now) noexcept;

    void keep(const Place& place, const Opened& opened, base::Seconds now) noexcept;

    void forget(const Place& place) noexcept;
    void forget_idle(base::Seconds now) noexcept;

private:
    struct Entry;
    struct Table;

    Entry* find(const Place& place) const noexcept;
    Entry& entry_for(const Place& place) noexcept;
    bool has_memory() noexcept;

    Table* table_ = nullptr;
};

} // namespace ciam::flow
