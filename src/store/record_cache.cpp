#include "store/record_cache.hpp"

#include <algorithm>

namespace ciam::store {
namespace {

using base::RecordId;
using base::StoreReply;
using Status = StoreReply::Status;

constexpr base::Seconds mark_lifetime = 24 * 3600; // longer than Redis should be away
constexpr int attempts = 4;

CacheNote note_of(std::uint64_t version, RecordCache::Check check)
{
    const auto kind = check.is_reported ? CacheNote::Kind::copy : CacheNote::Kind::unreported;
    return {version, check.at, kind};
}

} // namespace

Status RecordCache::ask(const base::StoreRequest& request, StoreReply& reply)
{
    static_cast<void>(memory_.ask(request, reply, nullptr));
    return reply.status;
}

std::optional<CacheNote> RecordCache::find(const base::FindRecord& request, StoreReply& reply,
                                           bool& is_removed)
{
    is_removed = false;
    auto whole = request; // the note is read with it
    whole.known.reset();
    if (ask(whole, reply) != Status::done) {
        return std::nullopt;
    }
    const auto note = take_note(reply.record);
    is_removed = note && note->kind == CacheNote::Kind::removed;
    if (!note || is_removed) {
        reply.status = Status::absent;
        return std::nullopt;
    }
    reply.record.version = note->version;
    return note;
}

std::optional<CacheNote> RecordCache::mark_at(const RecordId& id, base::Seconds now)
{
    if (ask(base::FindRecord{id, now, false}, scratch_) != Status::done) {
        return std::nullopt;
    }
    const auto note = take_note(scratch_.record);
    return note && note->kind == CacheNote::Kind::removed ? note : std::nullopt;
}

bool RecordCache::is_marked(const RecordId& id, base::Seconds now)
{
    return mark_at(id, now).has_value();
}

bool RecordCache::is_ended(const base::InsertRecord& copy)
{
    const auto& tags = copy.record.tags;
    return is_marked(copy.id, copy.now) || std::any_of(tags.begin(), tags.end(), [&](auto& tag) {
               const auto mark = mark_at(tag, copy.now);
               return mark && copy.issued_at <= static_cast<base::Seconds>(mark->version);
           });
}

bool RecordCache::put(const base::InsertRecord& copy, Check check)
{
    for (int i = 0; i < attempts; ++i) {
        if (is_ended(copy)) {
            return false;
        }
        base::InsertRecord noted = copy;
        noted.issued_at = std::max<base::Seconds>(copy.issued_at, 1); // not known: never too late
        noted.most_in_group = 0;                                      // the shared tier has counted
        add_note(noted.record, note_of(copy.record.version, check));
        const Stored stored = store(std::move(noted));
        if (stored != Stored::try_again) {
            return stored != Stored::ended; // not stored: too large, and good for this once
        }
    }
    return true;
}

/// In the place of what is there, unless that changes at the same time.
RecordCache::Stored RecordCache::store(base::InsertRecord copy)
{
    StoreReply reply;
    Status status = ask(base::FindRecord{copy.id, copy.now, false}, scratch_);
    if (status == Status::done) {
        copy.record.version = scratch_.record.version;
        status = ask(base::ReplaceRecord{copy.id, copy.now, std::move(copy.record)}, reply);
    } else {
        status = ask(std::move(copy), reply);
    }
    if (status == Status::done) {
        return Stored::yes;
    }
    if (status == Status::ended) {
        return Stored::ended;
    }
    const bool raced = status == Status::conflict || status == Status::absent;
    return raced ? Stored::try_again : Stored::no;
}

void RecordCache::confirm(const RecordId& id, std::uint64_t version, Check check, base::Seconds now)
{
    if (ask(base::FindRecord{id, now, true}, scratch_) != Status::done) {
        return;
    }
    base::Record copy = std::move(scratch_.record);
    scratch_ = {};
    const auto note = take_note(copy);
    if (!note || note->kind == CacheNote::Kind::removed || note->version != version ||
        (note->kind == CacheNote::Kind::copy && note->checked_at >= check.at)) {
        return;
    }
    add_note(copy, note_of(version, check));
    StoreReply reply;
    ask(base::ReplaceRecord{id, now, std::move(copy)}, reply); // lost to another change: as well
}

void RecordCache::drop(const RecordId& id, base::Seconds now)
{
    if (!is_marked(id, now)) {
        drop_mark(id);
    }
}

void RecordCache::drop_unless(const RecordChange& change, base::Seconds now)
{
    bool is_removed = false;
    const auto note = find({change.id, now, false}, scratch_, is_removed);
    const bool is_old = note && note->version != change.version;
    if (is_old || (is_removed && change.version == 0)) {
        drop_mark(change.id);
    }
}

bool RecordCache::mark_removed(const RecordId& id, base::Seconds now)
{
    return leave_mark(id, 0, now);
}

bool RecordCache::leave_mark(const RecordId& id, base::Seconds not_after, base::Seconds now)
{
    for (int i = 0; i < attempts; ++i) {
        const auto old = mark_at(id, now);
        const auto until = std::max(old ? old->version : 0, static_cast<std::uint64_t>(not_after));
        base::InsertRecord mark{id, now, {}};
        mark.record.idle_timeout = mark_lifetime;
        mark.record.limit = now + mark_lifetime;
        add_note(mark.record, {until, 0, CacheNote::Kind::removed});
        const Stored stored = store(std::move(mark));
        if (stored != Stored::try_again) {
            return stored == Stored::yes;
        }
    }
    return false;
}

bool RecordCache::remove_tagged(const RecordId& tag, base::Seconds not_after, base::Seconds now)
{
    // The mark first: what is fetched from now on is looked at for it.
    const bool is_marked = leave_mark(tag, not_after, now);
    StoreReply reply;
    return ask(base::RemoveTagged{tag, not_after}, reply) == Status::done && is_marked;
}

void RecordCache::drop_mark(const RecordId& id)
{
    StoreReply reply;
    ask(base::RemoveRecord{id}, reply);
}

void RecordCache::drop_tag_mark(const RecordId& tag, base::Seconds not_after, base::Seconds now)
{
    const auto mark = mark_at(tag, now);
    if (mark && static_cast<base::Seconds>(mark->version) <= not_after) {
        drop_mark(tag);
    }
}

} // namespace ciam::store
