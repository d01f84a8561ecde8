// How sessions lie in Redis: the commands and the answers to them. Each change is one Lua call on
// one key, so that a cluster could hold the keys wherever it likes. What is in the records is
// sealed: who can write to Redis can delete them or put an old one back, and nothing else.
//
//   PREFIXs:ID   a hash: v version, i idle timeout, l limit, h hot, c cold, t tags; or x alone for
//                a minute, where a record was removed
//   PREFIXt:TAG  a sorted set: the ids that have this tag, by their limit
//   PREFIXchanged:DATABASE   the channel that tells of changes: ID and the new version, 0 for none
#pragma once

#include "base/redis_value.hpp"
#include "store/shared_tier.hpp"

#include <string>
#include <string_view>

namespace ciam::store {

class RedisCommands {
public:
    static constexpr std::size_t tagged_at_once = 500;

    RedisCommands(std::string prefix, unsigned database);

    const std::string& channel() const { return channel_; }

    base::RedisCommand find(const base::RecordId& id, std::uint64_t known, base::Seconds now) const;
    base::RedisCommand insert(const base::RecordId& id, const base::Record& record,
                              base::Seconds now) const;
    /// Of the version that the request's record has; `version` is the new one.
    base::RedisCommand replace(const base::ReplaceRecord& request, std::uint64_t version) const;
    base::RedisCommand remove(const base::RecordId& id) const;

    /// Before the record is inserted, so that no logout can miss it.
    base::RedisCommand add_to_tag(const base::RecordId& tag, const base::RecordId& id,
                                  base::Seconds limit, base::Seconds now) const;
    /// Up to tagged_at_once ids.
    base::RedisCommand tagged(const base::RecordId& tag) const;
    base::RedisCommand forget_tagged(const base::RecordId& tag,
                                     const std::vector<base::RecordId>& ids) const;

private:
    std::string record_key(const base::RecordId& id) const;
    std::string tag_key(const base::RecordId& tag) const;

    std::string prefix_;
    std::string channel_;
};

/// What came of find(). An answer that makes no sense is `refused`, a record that makes none
/// absent.
TierReply read_found(const base::RedisValue& value);
/// What came of insert(), replace(), remove() and add_to_tag().
TierReply read_changed(const base::RedisValue& value);
/// nullopt for what tagged() never answers.
std::optional<std::vector<base::RecordId>> read_tagged(const base::RedisValue& value);
/// nullopt for a message that is none of ours.
std::optional<RecordChange> read_change(std::string_view message);

} // namespace ciam::store
