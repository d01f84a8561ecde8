#include "store/tiered_store.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ciam::store {
namespace {

using base::RecordId;
using base::StoreReply;
using Status = StoreReply::Status;

constexpr Millis used_every = 60'000;    // the tier hears no more often that a record is in use
constexpr Millis deletion_lease = 5'000; // longer than any call to the tier takes
constexpr std::size_t deletions_at_once = 32;
constexpr int most_attempts = 4;
constexpr base::Seconds most_clock_skew = 600; // by as much may the clocks of who issues be ahead

/// Not counted: a version that a failed-over tier has lost must not be given twice.
std::uint64_t draw_version()
{
    std::uint64_t version = 0;
    const std::string bytes = base::random_bytes(sizeof(version));
    std::memcpy(&version, bytes.data(), sizeof(version));
    return version == 0 ? 1 : version;
}

StoreReply reply_of(Status status)
{
    StoreReply reply;
    reply.status = status;
    return reply;
}

Status status_of(TierReply::Status status)
{
    switch (status) {
    case TierReply::Status::done:
    case TierReply::Status::unchanged:
        return Status::done;
    case TierReply::Status::absent:
        return Status::absent;
    case TierReply::Status::ended:
        return Status::ended;
    case TierReply::Status::conflict:
        return Status::conflict;
    case TierReply::Status::refused:
    case TierReply::Status::unavailable:
        break;
    }
    return Status::unavailable;
}

} // namespace

struct TieredStore::Waiter {
    Done done; // null: nobody waits any more
    bool wants_newest = false;

    void answer(StoreReply reply)
    {
        if (done) {
            const Done once = std::exchange(done, nullptr);
            once(std::move(reply));
        }
    }
};

class TieredStore::Ticket final : public Pending {
public:
    explicit Ticket(std::shared_ptr<Waiter> waiter) : waiter_(std::move(waiter)) {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() override { waiter_->done = nullptr; }

private:
    std::shared_ptr<Waiter> waiter_;
};

/// What each question does.
struct TieredStore::Ask {
    TieredStore& store;
    StoreReply& reply;
    Done& done;

    std::unique_ptr<Pending> operator()(const base::FindRecord& request) const
    {
        bool is_removed = false;
        const auto note = store.cache_.find(request, reply, is_removed);
        const Millis now = store.clock_();
        const bool is_enough = note && !request.newest && store.is_current(*note, now);
        if (is_removed || is_enough) {
            if (note) {
                tell_of_use(request, *note, now);
            }
            return nullptr;
        }
        if (!store.tier_.ready()) {
            const bool is_trusted = note && !request.newest && store.is_trusted_alone(*note, now);
            reply.status = is_trusted ? Status::done : Status::unavailable;
            return nullptr;
        }
        auto waiter = std::make_shared<Waiter>(Waiter{std::move(done), request.newest});
        const auto flight = store.flights_.find(request.id);
        if (flight != store.flights_.end()) {
            flight->second.waiters.push_back(waiter);
            flight->second.is_changed |= request.newest; // it was asked before: once more
        } else {
            store.fly(request.id, {{waiter}, note ? note->version : 0, request.now});
        }
        return std::make_unique<Ticket>(std::move(waiter));
    }

    std::unique_ptr<Pending> operator()(const base::InsertRecord& request) const
    {
        if (!store.tier_.ready()) {
            reply.status = Status::unavailable;
            return nullptr;
        }
        base::InsertRecord wanted = request;
        wanted.record.version = draw_version();
        wanted.issued_at = request.issued_at != 0 ? request.issued_at : request.now;
        auto waiter = std::make_shared<Waiter>(Waiter{std::move(done)});
        store.tier_.insert(
            wanted, [&to = store, wanted, waiter, sent = store.clock_()](const TierReply& answer) {
                Status status = status_of(answer.status);
                if (status == Status::done && !to.cache_.put(wanted, to.check_of(sent))) {
                    status = Status::ended; // by a logout that the tier has still to hear of
                }
                if (status != Status::done && status != Status::conflict) {
                    // Perhaps it is there in part: nobody has its cookie.
                    to.queue_.add({Deletion::Of::record, wanted.id}, 0);
                }
                waiter->answer(reply_of(status));
            });
        return std::make_unique<Ticket>(std::move(waiter));
    }

    std::unique_ptr<Pending> operator()(const base::ReplaceRecord& request) const
    {
        if (!store.tier_.ready()) {
            reply.status = Status::unavailable;
            return nullptr;
        }
        base::ReplaceRecord wanted = request;
        wanted.record.version = draw_version();
        auto waiter = std::make_shared<Waiter>(Waiter{std::move(done)});
        store.tier_.replace(
            request, wanted.record.version,
            [&to = store, wanted, waiter, sent = store.clock_()](const TierReply& answer) {
                Status status = status_of(answer.status);
                if (status == Status::done &&
                    !to.cache_.put({wanted.id, wanted.now, wanted.record}, to.check_of(sent))) {
                    status = Status::absent;
                } else if (status == Status::conflict || status == Status::absent) {
                    to.cache_.drop(wanted.id, wanted.now);
                }
                waiter->answer(reply_of(status));
            });
        return std::make_unique<Ticket>(std::move(waiter));
    }

    std::unique_ptr<Pending> operator()(const base::RemoveRecord& request) const
    {
        return store.remove({Deletion::Of::record, request.id}, 0, reply, std::move(done));
    }

    std::unique_ptr<Pending> operator()(const base::RemoveTagged& request) const
    {
        // The queue may come to it late: who has logged in since stays.
        const Deletion deletion{Deletion::Of::tag, request.tag,
                                request.not_after != 0 ? request.not_after
                                                       : store.now() + most_clock_skew,
                                request.keep_until};
        return store.remove(deletion, request.not_after, reply, std::move(done));
    }

private:
    /// So that the record lives on for the others too. Nobody waits for it.
    void tell_of_use(const base::FindRecord& request, const CacheNote& note, Millis now) const
    {
        const Millis every = std::min(used_every / 1000, reply.record.idle_timeout / 2) * 1000;
        if (now - note.checked_at >= every && store.tier_.ready() &&
            store.flights_.find(request.id) == store.flights_.end()) {
            store.fly(request.id, {{}, note.version, request.now});
        }
    }
};

TieredStore::TieredStore(Store& memory, SharedTier& tier, DeletionQueue& queue, Policy policy,
                         Clock clock)
    : cache_(memory), tier_(tier), queue_(queue), policy_(policy), clock_(std::move(clock))
{
}

std::unique_ptr<Pending> TieredStore::ask(const base::StoreRequest& request, StoreReply& reply,
                                          Done done)
{
    return std::visit(Ask{*this, reply, done}, request);
}

/// Of what was asked for at `sent` and is known now.
RecordCache::Check TieredStore::check_of(Millis sent) const
{
    const auto since = tier_.reported_since();
    return {sent, since && *since < sent};
}

bool TieredStore::is_current(const CacheNote& note, Millis now) const
{
    const auto since = tier_.reported_since();
    return since && note.kind == CacheNote::Kind::copy && note.checked_at > *since &&
           note.checked_at <= now && now - note.checked_at < policy_.recheck;
}

/// Counted from when the copy was last known to be the newest: when it was checked, or, if changes
/// have been reported ever since, when the reports ended.
bool TieredStore::is_trusted_alone(const CacheNote& note, Millis now) const
{
    const auto reported = tier_.last_reported();
    const bool is_covered = note.kind == CacheNote::Kind::copy &&
                            note.checked_at > reported.begin && note.checked_at <= reported.end;
    return now - (is_covered ? reported.end : note.checked_at) < policy_.grace;
}

void TieredStore::fly(const RecordId& id, Flight flight)
{
    flight.sent = clock_();
    flight.is_changed = false;
    ++flight.attempts;
    const std::uint64_t known = flight.known;
    const base::Seconds now = flight.now;
    flights_.insert_or_assign(id, std::move(flight));
    tier_.find(id, known, now, [this, id](TierReply reply) { landed(id, std::move(reply)); });
}

void TieredStore::landed(const RecordId& id, TierReply reply)
{
    const auto found = flights_.find(id);
    if (found == flights_.end()) {
        return;
    }
    Flight flight = std::move(found->second);
    flights_.erase(found);
    if (!flight.is_changed) {
        arrive(id, flight, std::move(reply));
    } else if (!flight.waiters.empty() && flight.attempts < most_attempts && tier_.ready()) {
        fly(id, std::move(flight));
    } else {
        arrive_nowhere(id, flight);
    }
}

void TieredStore::arrive(const RecordId& id, Flight& flight, TierReply reply)
{
    StoreReply answer;
    switch (reply.status) {
    case TierReply::Status::done:
        answer.status =
            cache_.put({id, flight.now, reply.record, reply.issued_at}, check_of(flight.sent))
                ? Status::done
                : Status::absent;
        if (answer.status == Status::done) {
            answer.record = std::move(reply.record);
        }
        break;
    case TierReply::Status::unchanged:
        arrive_unchanged(id, flight);
        return;
    case TierReply::Status::absent:
        cache_.drop(id, flight.now);
        answer.status = Status::absent;
        break;
    default:
        arrive_nowhere(id, flight);
        return;
    }
    for (const auto& waiter : flight.waiters) {
        waiter->answer(answer);
    }
}

void TieredStore::arrive_unchanged(const RecordId& id, Flight& flight)
{
    cache_.confirm(id, flight.known, check_of(flight.sent), flight.now);
    if (flight.waiters.empty()) {
        return;
    }
    StoreReply answer;
    bool is_removed = false;
    const auto note = cache_.find({id, flight.now, true}, answer, is_removed);
    if (!is_removed && (!note || note->version != flight.known)) {
        // The copy went meanwhile: once more, all of it.
        if (flight.attempts < most_attempts && tier_.ready()) {
            flight.known = 0;
            fly(id, std::move(flight));
        } else {
            arrive_nowhere(id, flight);
        }
        return;
    }
    for (const auto& waiter : flight.waiters) {
        waiter->answer(answer);
    }
}

/// The tier has no answer: what is here has to do, for a while.
void TieredStore::arrive_nowhere(const RecordId& id, const Flight& flight)
{
    StoreReply answer;
    bool is_removed = false;
    const auto note = cache_.find({id, flight.now, true}, answer, is_removed);
    if (!is_removed && !(note && is_trusted_alone(*note, clock_()))) {
        answer = reply_of(Status::unavailable);
    }
    for (const auto& waiter : flight.waiters) {
        const bool will_do = is_removed || !waiter->wants_newest;
        waiter->answer(will_do ? answer : reply_of(Status::unavailable));
    }
}

std::unique_ptr<Pending> TieredStore::remove(const Deletion& deletion, base::Seconds not_after,
                                             StoreReply& reply, Done done)
{
    const bool is_gone = deletion.of == Deletion::Of::tag
                             ? cache_.remove_tagged(deletion.id, deletion.not_after, now())
                             : cache_.mark_removed(deletion.id, now());
    const bool is_queued = queue_.add(deletion, clock_() + deletion_lease);
    const Status otherwise = is_gone && is_queued ? Status::done : Status::unavailable;
    if (!tier_.ready()) {
        reply.status = otherwise;
        return nullptr;
    }
    auto waiter = std::make_shared<Waiter>(Waiter{std::move(done)});
    send(deletion, not_after, [waiter, otherwise](bool is_done) {
        waiter->answer(reply_of(is_done ? Status::done : otherwise));
    });
    return std::make_unique<Ticket>(std::move(waiter));
}

void TieredStore::send(const Deletion& deletion, base::Seconds not_after,
                       std::function<void(bool)> done)
{
    auto on_reply = [this, deletion, done = std::move(done)](const TierReply& reply) {
        const bool is_done = reply.status == TierReply::Status::done;
        if (is_done) {
            queue_.done(deletion);
            deletion.of == Deletion::Of::tag
                ? cache_.drop_tag_mark(deletion.id, deletion.not_after, now())
                : cache_.drop_mark(deletion.id);
        }
        done(is_done);
    };
    if (deletion.of == Deletion::Of::tag) {
        tier_.remove_tagged({deletion.id, not_after, now(), deletion.keep_until},
                            std::move(on_reply));
    } else {
        tier_.remove(deletion.id, std::move(on_reply));
    }
}

void TieredStore::changed(const RecordChange& change)
{
    const auto flight = flights_.find(change.id);
    if (flight != flights_.end()) {
        flight->second.is_changed = true;
    }
    cache_.drop_unless(change, now());
}

void TieredStore::work_off_deletions()
{
    while (tier_.ready() && deletions_under_way_ < deletions_at_once) {
        const auto deletion = queue_.take(clock_(), deletion_lease);
        if (!deletion) {
            return;
        }
        ++deletions_under_way_;
        send(*deletion, deletion->not_after, [this](bool is_done) {
            --deletions_under_way_;
            if (is_done) {
                work_off_deletions();
            }
        });
    }
}

} // namespace ciam::store
