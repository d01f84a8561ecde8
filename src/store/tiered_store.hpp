// Sessions that several machines share: a shared tier behind shared memory, which holds copies.
//
// A copy is used without asking while every change since it was checked would have been reported,
// and for `recheck` at the longest; else the tier is asked first, while the request waits. While
// the tier can't answer, copies are used for `grace` more. Removing works at once on this machine:
// a mark in the memory stands for what the tier has still to delete.
#pragma once

#include "store/deletion_queue.hpp"
#include "store/record_cache.hpp"

#include <map>
#include <memory>
#include <vector>

namespace ciam::store {

class TieredStore final : public Store {
public:
    struct Policy {
        Millis recheck;
        Millis grace;
    };
    using Clock = std::function<Millis()>;

    /// `memory` answers at once; it and its likes in other processes use one memory, as `queue`
    /// does. Everything but `policy` outlives the store.
    TieredStore(Store& memory, SharedTier& tier, DeletionQueue& queue, Policy policy, Clock clock);
    TieredStore(const TieredStore&) = delete;
    TieredStore& operator=(const TieredStore&) = delete;
    ~TieredStore() override = default;

    std::unique_ptr<Pending> ask(const base::StoreRequest& request, base::StoreReply& reply,
                                 std::function<void(base::StoreReply)> done) override;

    /// The tier says that somebody changed a record.
    void changed(const RecordChange& change);

    /// Once in a while, and as soon as the tier is ready.
    void work_off_deletions();

    std::size_t queued_deletions() const { return queue_.size(); }

private:
    using Done = std::function<void(base::StoreReply)>;
    struct Waiter;
    class Ticket;
    struct Ask;

    /// One question to the tier for all who want the same record.
    struct Flight {
        std::vector<std::shared_ptr<Waiter>> waiters;
        std::uint64_t known = 0;
        base::Seconds now = 0;
        Millis sent = 0;
        bool is_changed = false; // meanwhile: the answer may be old
        int attempts = 0;
    };

    RecordCache::Check check_of(Millis sent) const;
    bool is_current(const CacheNote& note, Millis now) const;
    bool is_trusted_alone(const CacheNote& note, Millis now) const;
    void fly(const base::RecordId& id, Flight flight);
    void landed(const base::RecordId& id, TierReply reply);
    void arrive(const base::RecordId& id, Flight& flight, TierReply reply);
    void arrive_unchanged(const base::RecordId& id, Flight& flight);
    void arrive_nowhere(const base::RecordId& id, const Flight& flight);

    /// `not_after`: of what is removed at once; the deletion is what the queue does if that fails.
    std::unique_ptr<Pending> remove(const Deletion& deletion, base::Seconds not_after,
                                    base::StoreReply& reply, Done done);
    void send(const Deletion& deletion, base::Seconds not_after, std::function<void(bool)> done);
    base::Seconds now() const { return clock_() / 1000; }

    RecordCache cache_;
    SharedTier& tier_;
    DeletionQueue& queue_;
    Policy policy_;
    Clock clock_;
    std::map<base::RecordId, Flight> flights_;
    std::size_t deletions_under_way_ = 0;
};

} // namespace ciam::store
