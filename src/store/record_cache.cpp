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
    if (ask(request, reply) != Status::done) {
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

bool RecordCache::is_marked(const RecordId& id, base::Seconds now)
{
    bool is_removed = false;
    find({id, now, false}, scratch_, is_removed);
    return is_removed;
}

bool RecordCache::put(const RecordId& id, const base::Record& record, Check check,
                      base::Seconds now)
{
    for (int i = 0; i < attempts; ++i) {
        const bool is_removed =
            is_marked(id, now) || std::any_of(record.tags.begin(), record.tags.end(),
                                              [&](const auto& tag) { return is_marked(tag, now); });
        if (is_removed) {
            return false;
        }
        base::Record copy = record;
        add_note(copy, note_of(record.version, check));
        if (store(id, std::move(copy), now) != Stored::try_again) {
            return true; // not stored: too large for this memory, and good for this once
        }
    }
    return true;
}

/// In the place of what is there, unless that changes at the same time.
RecordCache::Stored RecordCache::store(const RecordId& id, base::Record record, base::Seconds now)
{
    StoreReply reply;
    Status status = ask(base::FindRecord{id, now, false}, scratch_);
    if (status == Status::done) {
        record.version = scratch_.record.version;
        status = ask(base::ReplaceRecord{id, now, std::move(record)}, reply);
    } else {
        status = ask(base::InsertRecord{id, now, std::move(record)}, reply);
    }
    if (status == Status::done) {
        return Stored::yes;
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
    for (int i = 0; i < attempts; ++i) {
        base::Record mark;
        mark.idle_timeout = mark_lifetime;
        mark.limit = now + mark_lifetime;
        add_note(mark, {0, 0, CacheNote::Kind::removed});
        const Stored stored = store(id, std::move(mark), now);
        if (stored != Stored::try_again) {
            return stored == Stored::yes;
        }
    }
    return false;
}

bool RecordCache::remove_tagged(const RecordId& tag, base::Seconds now)
{
    // The mark first: what is fetched from now on is looked at for it.
    const bool is_marked = mark_removed(tag, now);
    StoreReply reply;
    return ask(base::RemoveTagged{tag}, reply) == Status::done && is_marked;
}

void RecordCache::drop_mark(const RecordId& id)
{
    StoreReply reply;
    ask(base::RemoveRecord{id}, reply);
}

} // namespace ciam::store
