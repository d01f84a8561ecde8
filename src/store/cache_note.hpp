// What the cache notes beside a record of the shared tier: which version it is and when it was
// known to be the newest. It stands behind the sealed hot part, which knows its own length.
#pragma once

#include "base/record.hpp"
#include "store/shared_tier.hpp"

#include <optional>

namespace ciam::store {

struct CacheNote {
    enum class Kind : std::uint64_t {
        copy,       // of a record of the shared tier
        unreported, // the same, put here by a worker that would not have heard of a change: to be
                    // checked before use, by those too who have listened all the time
        removed     // of none: it was removed here, whatever the shared tier still says
    };

    std::uint64_t version = 0; // of a removed tag: the last time of issue that this is about
    Millis checked_at = 0;
    Kind kind = Kind::copy;
};

void add_note(base::Record& record, const CacheNote& note);

/// Takes the note off. nullopt: there is none, the record is not of this cache.
std::optional<CacheNote> take_note(base::Record& record);

} // namespace ciam::store
