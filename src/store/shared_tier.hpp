// The store behind the shared memory that several machines have in common, as the store in front of
// it sees it. Whether it is Redis is nobody's business here.
#pragma once

#include "base/record.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace ciam::store {

/// Wall-clock milliseconds since the epoch.
using Millis = std::int64_t;

/// A change as others are told of it. Version 0: the record is gone.
struct RecordChange {
    base::RecordId id{};
    std::uint64_t version = 0;
};

struct TierReply {
    enum class Status {
        done,       // found, stored, removed
        unchanged,  // found, in the version that is known already
        absent,     // no such record
        ended,      // Insert: its group was removed meanwhile
        conflict,   // Insert: the id was used; Replace: another version is there
        refused,    // the tier lives, and says no: out of memory, for example
        unavailable // nobody knows whether it was done
    };
    Status status = Status::unavailable;
    base::Record record; // of `done` after find(), as the next
    base::Seconds issued_at = 0;
};

/// Every call answers once, later, never from within the call; not at all when the tier is
/// destroyed before.
class SharedTier {
public:
    using Done = std::function<void(TierReply)>;

    virtual ~SharedTier() = default;

    /// False: a call would only answer `unavailable`.
    virtual bool ready() const = 0;

    /// Since when every change that others make is reported without a gap; nullopt: it is not now.
    virtual std::optional<Millis> reported_since() const = 0;

    /// The last span of which that was so; {0, 0}: never. Ends now while it lasts.
    struct Span {
        Millis begin = 0;
        Millis end = 0;
    };
    virtual Span last_reported() const = 0;

    /// Reads both parts and marks the record as used, for all. `known`: the version at hand, or 0.
    virtual void find(const base::RecordId& id, std::uint64_t known, base::Seconds now,
                      Done done) = 0;
    /// Under `request.record.version`, which the caller has drawn. With its tags, or not at all.
    /// `request.issued_at` is given. Done when those that are too many in its group were told to
    /// go.
    virtual void insert(const base::InsertRecord& request, Done done) = 0;
    /// If it still has version `request.record.version`, and gives it `version`; never creates.
    virtual void replace(const base::ReplaceRecord& request, std::uint64_t version, Done done) = 0;
    /// For good: the id can't be inserted for a while, by a login that was under way.
    virtual void remove(const base::RecordId& id, Done done) = 0;
    virtual void remove_tagged(const base::RemoveTagged& request, Done done) = 0;
};

} // namespace ciam::store
