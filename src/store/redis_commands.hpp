// How sessions lie in Redis: the commands and the answers to them. Each change is one Lua call on
// one key, so that a cluster could hold the keys wherever it likes. What is in the records is
// sealed: who can write to Redis can delete them or put an old one back, and nothing else.
//
//   PREFIXs:ID   a hash: v version, i idle timeout, l limit, h hot, c cold, t tags, a issued at; or
//                x alone for a minute, where a record was removed
//   PREFIXt:TAG  a sorted set: the records that have this tag, id and limit, by when they were
//   issued.
//                After a logout of the group two more, which scores below zero keep apart: n, none
//                issued until then comes in, and k, for so long
//   PREFIXchanged:DATABASE   the channel that tells of changes: ID and the new version, 0 for none
#pragma once

#include "base/redis_value.hpp"
#include "store/shared_tier.hpp"

#include <string>
#include <string_view>

namespace ciam::store {

/// A record in the set of one of its tags.
struct GroupEntry {
    base::RecordId id{};
    base::Seconds limit = 0;
};

class RedisCommands {
public:
    static constexpr std::size_t tagged_at_once = 500;

    RedisCommands(std::string prefix, unsigned database);

    const std::string& channel() const { return channel_; }

    base::RedisCommand find(const base::RecordId& id, std::uint64_t known, base::Seconds now) const;
    base::RedisCommand insert(const base::InsertRecord& request) const;
    /// Of the version that the request's record has; `version` is the new one.
    base::RedisCommand replace(const base::ReplaceRecord& request, std::uint64_t version) const;
    base::RedisCommand remove(const base::RecordId& id) const;
    base::RedisCommand is_there(const base::RecordId& id) const;

    /// Before the record is inserted, so that no logout can miss it.
    /// `number`: which of its tags.
    base::RedisCommand add_to_tag(const base::InsertRecord& request, std::size_t number) const;
    /// Has the group keep out what `request` says. Before its records are looked for.
    base::RedisCommand bury(const base::RemoveTagged& request) const;
    /// Up to tagged_at_once entries, the oldest first. `not_after`: as in RemoveTagged.
    base::RedisCommand tagged(const base::RecordId& tag, base::Seconds not_after) const;
    base::RedisCommand forget_tagged(const base::RecordId& tag,
                                     const std::vector<GroupEntry>& entries) const;

    /// To change a record as the only machine that does; for so many seconds at the longest.
    base::RedisCommand take_turn(const base::RecordId& id, const std::string& machine,
                                 base::Seconds most) const;
    base::RedisCommand end_turn(const base::RecordId& id, const std::string& machine) const;

private:
    std::string record_key(const base::RecordId& id) const;
    std::string tag_key(const base::RecordId& tag) const;
    std::string turn_key(const base::RecordId& id) const;

    std::string prefix_;
    std::string channel_;
};

/// What came of find(). An answer that makes no sense is `refused`, a record that makes none
/// absent.
TierReply read_found(const base::RedisValue& value);
/// What came of insert(), replace(), bury() and take_turn(); conflict: it is another machine's.
TierReply read_changed(const base::RedisValue& value);
/// nullopt for what tagged() never answers.
std::optional<std::vector<GroupEntry>> read_tagged(const base::RedisValue& value);

/// What came of is_there(): done or absent.
TierReply read_there(const base::RedisValue& value);

/// What came of add_to_tag().
struct AddedToTag {
    TierReply::Status status = TierReply::Status::refused;
    std::size_t excess = 0;         // so many of the group are to be removed,
    std::vector<GroupEntry> oldest; // of these, as far as they still are there
};
AddedToTag read_added(const base::RedisValue& value);

/// What came of remove().
struct Removed {
    TierReply::Status status = TierReply::Status::refused;
    std::vector<base::RecordId> tags; // whose sets still name it
    base::Seconds limit = 0;
};
Removed read_removed(const base::RedisValue& value);
/// nullopt for a message that is none of ours.
std::optional<RecordChange> read_change(std::string_view message);

} // namespace ciam::store
