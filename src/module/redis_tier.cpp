#include "module/redis_tier.hpp"

#include "module/counts.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string_view>

namespace ciam::module {
namespace {

using base::RecordId;
using base::RedisValue;
using store::Millis;
using store::TierReply;
using Status = TierReply::Status;

/// Not nginx' cached time: what was asked before may look later then.
Millis clock_now()
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

/// Several commands of which all have to succeed.
class Together {
public:
    Together(std::size_t count, store::SharedTier::Done done) : left_(count), done_(std::move(done))
    {
    }

    static store::SharedTier::Done part(const std::shared_ptr<Together>& whole)
    {
        return [whole](const TierReply& reply) { whole->take(reply.status); };
    }

private:
    void take(Status status)
    {
        // Of several failures the one counts that leaves most open.
        if (status != Status::done && (result_ == Status::done || status > result_)) {
            result_ = status;
        }
        if (--left_ == 0) {
            done_({result_, {}});
        }
    }

    std::size_t left_;
    store::SharedTier::Done done_;
    Status result_ = Status::done;
};

TierReply read_any(const RedisValue&)
{
    return {Status::done, {}};
}

/// Errors that say: this server can't do it, another may.
bool is_wrong_server(std::string_view code)
{
    for (const std::string_view one :
         {"READONLY", "LOADING", "MASTERDOWN", "NOAUTH", "NOREPLICAS"}) {
        if (code == one) {
            return true;
        }
    }
    return false;
}

io::RedisLinkOptions link_options(const RedisConf& conf, ngx_resolver_t* resolver,
                                  const std::string& channel)
{
    return {conf.url, &conf.password, channel, resolver, conf.tls.get()};
}

} // namespace

RedisTier::RedisTier(ngx_cycle_t* cycle, const RedisConf& conf, ngx_resolver_t* resolver,
                     ReportedSpan& span)
    : conf_(conf), log_(cycle->log), words_(conf.prefix, conf.url.database), span_(span),
      state_since_(ngx_time()), command_ear_(*this, false), change_ear_(*this, true),
      commands_(cycle, link_options(conf, resolver, ""), command_ear_),
      changes_(cycle, link_options(conf, resolver, words_.channel()), change_ear_)
{
}

RedisTier::~RedisTier()
{
    if (reported_since_ != 0) {
        std::atomic_ref{span_.end}.store(clock_now());
    }
}

std::optional<Millis> RedisTier::reported_since() const
{
    return reported_since_ != 0 ? std::optional{reported_since_} : std::nullopt;
}

store::SharedTier::Span RedisTier::last_reported() const
{
    if (reported_since_ != 0) {
        return {reported_since_, clock_now()};
    }
    return {std::atomic_ref{span_.begin}.load(), std::atomic_ref{span_.end}.load()};
}

void RedisTier::send(const base::RedisCommand& command, Read read, Done done)
{
    commands_.command(
        command, [this, read = std::move(read), done = std::move(done)](const RedisValue* value) {
            if (value == nullptr) {
                done({Status::unavailable, {}});
            } else if (value->is(RedisValue::Kind::error)) {
                const RedisValue error = *value; // what follows may end the connection
                done({Status::refused, {}});
                refused(error);
            } else {
                done(read(*value));
            }
        });
}

void RedisTier::find(const RecordId& id, std::uint64_t known, base::Seconds now, Done done)
{
    send(words_.find(id, known, now), store::read_found, std::move(done));
}

void RedisTier::insert(const base::InsertRecord& request, Done done)
{
    const auto& tags = request.record.tags;
    const auto group = std::make_shared<store::AddedToTag>();
    auto inserted = [this, request, group, done = std::move(done)](const TierReply& reply) {
        if (reply.status != Status::done || group->excess == 0) {
            done(reply);
            return;
        }
        // The new one is in, whatever comes of this: the next login tries again.
        shrink_group(request.record.tags.front(), *group,
                     [done, reply](const TierReply&) { done(reply); });
    };
    const auto all = std::make_shared<Together>(tags.size() + 1, std::move(inserted));
    const Read read = [group](const RedisValue& value) {
        auto added = store::read_added(value);
        TierReply reply{added.status, {}};
        if (added.excess != 0) {
            *group = std::move(added);
        }
        return reply;
    };
    for (std::size_t i = 0; i < tags.size(); ++i) {
        send(words_.add_to_tag(request, i), read, Together::part(all));
    }
    send(words_.insert(request), store::read_changed, Together::part(all));
}

void RedisTier::replace(const base::ReplaceRecord& request, std::uint64_t version, Done done)
{
    send(words_.replace(request, version), store::read_changed, std::move(done));
}

void RedisTier::remove(const RecordId& id, Done done)
{
    const auto removed = std::make_shared<store::Removed>();
    const Read read = [removed](const RedisValue& value) {
        *removed = store::read_removed(value);
        return TierReply{removed->status, {}};
    };
    send(words_.remove(id), read, [this, id, removed, done = std::move(done)](const auto& reply) {
        // So that it no longer counts in its groups. Nobody waits for it.
        for (const RecordId& tag : removed->tags) {
            send(words_.forget_tagged(tag, {{id, removed->limit}}), read_any, [](const auto&) {});
        }
        done(reply);
    });
}

void RedisTier::remove_tagged(const base::RemoveTagged& request, Done done)
{
    const bool is_buried = request.keep_until > request.now;
    const auto all = std::make_shared<Together>(is_buried ? 2 : 1, std::move(done));
    if (is_buried) {
        send(words_.bury(request), store::read_changed, Together::part(all));
    }
    remove_group(request.tag, request.not_after, Together::part(all));
}

void RedisTier::take_turn(const RecordId& id, const std::string& machine, base::Seconds most,
                          Done done)
{
    send(words_.take_turn(id, machine, most), store::read_changed, std::move(done));
}

void RedisTier::end_turn(const RecordId& id, const std::string& machine)
{
    send(words_.end_turn(id, machine), read_any, [](const auto&) {}); // or its time ends it
}

/// Those that have ended by themselves go first. They are removed too, not only forgotten: of a
/// login that is under way the record may come after its entry, and no logout could find it.
void RedisTier::shrink_group(const RecordId& tag, const store::AddedToTag& added, const Done& done)
{
    if (added.oldest.empty()) {
        done({Status::done, {}});
        return;
    }
    struct Members {
        std::vector<store::GroupEntry> gone;
        std::vector<store::GroupEntry> there;
    };
    const auto members = std::make_shared<Members>();
    auto looked = [this, tag, members, excess = added.excess, done](const TierReply&) {
        auto& [gone, there] = *members;
        const auto more = std::min(excess - std::min(excess, gone.size()), there.size());
        gone.insert(gone.end(), there.begin(), there.begin() + static_cast<std::ptrdiff_t>(more));
        gone.empty() ? done({Status::done, {}}) : remove_all(tag, gone, done);
    };
    const auto all = std::make_shared<Together>(added.oldest.size(), std::move(looked));
    for (const store::GroupEntry& entry : added.oldest) {
        send(words_.is_there(entry.id), store::read_there,
             [members, entry, part = Together::part(all)](const TierReply& reply) {
                 if (reply.status == Status::done || reply.status == Status::absent) {
                     auto& [gone, there] = *members;
                     (reply.status == Status::done ? there : gone).push_back(entry);
                 }
                 part(reply);
             });
    }
} // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): shared pointers, of which it loses count

void RedisTier::remove_group(const RecordId& tag, base::Seconds not_after, const Done& done)
{
    const auto found = [this, tag, not_after, done](const RedisValue* value) {
        const auto entries = value != nullptr ? store::read_tagged(*value) : std::nullopt;
        if (!entries) {
            done({value == nullptr ? Status::unavailable : Status::refused, {}});
        } else if (entries->empty()) {
            done({Status::done, {}});
        } else {
            const bool may_be_more = entries->size() == store::RedisCommands::tagged_at_once;
            remove_all(tag, *entries,
                       [this, tag, not_after, may_be_more, done](const TierReply& reply) {
                           if (may_be_more && reply.status == Status::done) {
                               remove_group(tag, not_after, done);
                           } else {
                               done(reply);
                           }
                       });
        }
    };
    commands_.command(words_.tagged(tag, not_after), found);
}

/// The records first: should this end in between, the tag still names them.
void RedisTier::remove_all(const RecordId& tag, const std::vector<store::GroupEntry>& entries,
                           const Done& done)
{
    const auto all = std::make_shared<Together>(
        entries.size(), [this, tag, entries, done](const TierReply& reply) {
            if (reply.status == Status::done) {
                send(words_.forget_tagged(tag, entries), read_any, done);
            } else {
                done(reply);
            }
        });
    for (const store::GroupEntry& entry : entries) {
        remove(entry.id, Together::part(all));
    }
}

void RedisTier::refused(const RedisValue& error)
{
    const std::string code = io::redis_error_code(error);
    if (is_wrong_server(code)) {
        commands_.leave("it refuses commands (" + code + ")");
        return;
    }
    last_error_ = "it refuses a command (" + code + ")";
    log(NGX_LOG_ERR, "refuses a command (" + code + "); check its memory and its ACL");
}

void RedisTier::Ear::ready() noexcept
{
    if (is_of_changes_) {
        tier_.reported_since_ = clock_now();
        std::atomic_ref{tier_.span_.begin}.store(tier_.reported_since_);
        std::atomic_ref{tier_.span_.end}.store(tier_.reported_since_);
    }
    tier_.note_state();
    if (!is_of_changes_ && tier_.events_.ready) {
        tier_.events_.ready();
    }
}

void RedisTier::Ear::away(const std::string& reason) noexcept
{
    if (is_of_changes_ && tier_.reported_since_ != 0) {
        std::atomic_ref{tier_.span_.begin}.store(tier_.reported_since_);
        std::atomic_ref{tier_.span_.end}.store(clock_now());
        tier_.reported_since_ = 0;
    }
    tier_.lost(reason);
}

void RedisTier::Ear::heard(const std::string& message) noexcept
{
    const auto change = store::read_change(message);
    if (change && tier_.events_.changed) {
        tier_.events_.changed(*change);
    }
}

void RedisTier::lost(const std::string& reason) noexcept
{
    try {
        last_error_ = reason;
        note_state();
        log(NGX_LOG_ERR, "is away: " + reason);
    } catch (const std::exception&) {
        // Without memory there is no line.
    }
}

void RedisTier::note_state()
{
    const bool is_connected = commands_.is_ready() && reported_since_ != 0;
    if (is_connected != was_connected_) {
        was_connected_ = is_connected;
        state_since_ = ngx_time();
        if (is_connected) {
            log(NGX_LOG_NOTICE, "is connected");
        }
    }
}

void RedisTier::log(ngx_uint_t level, const std::string& text) const
{
    log_sparsely({.log = log_,
                  .level = level,
                  .provider = {},
                  .text = "Redis of the session zone \"" + to_string(conf_.session_zone->shm.name) +
                          "\" " + text});
}

RedisStatus RedisTier::status() const
{
    return {was_connected_, state_since_, last_error_, 0};
}

} // namespace ciam::module
