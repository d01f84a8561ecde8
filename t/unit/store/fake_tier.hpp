// A shared tier in this process: answers when it is told to, and may be away.
#pragma once

#include "store/tiered_store.hpp"
#include "support/stored.hpp"

#include <algorithm>
#include <deque>
#include <map>

namespace ciam::test {

class FakeTier final : public store::SharedTier {
public:
    using Status = store::TierReply::Status;

    std::map<base::RecordId, base::Record> records;
    std::map<base::RecordId, base::Seconds> issued;
    std::map<base::RecordId, base::RemoveTagged> graves;
    std::optional<base::InsertRecord> last_insert;
    std::optional<base::RemoveTagged> last_removal;
    bool is_ready = true;
    std::optional<store::Millis> since = 1;
    Span span{};
    std::optional<Status> fault; // what every call answers
    std::vector<std::string> asked;

    bool ready() const override { return is_ready; }
    std::optional<store::Millis> reported_since() const override { return since; }
    Span last_reported() const override { return span; }

    void find(const base::RecordId& id, std::uint64_t known, base::Seconds, Done done) override
    {
        asked.emplace_back("find");
        // What is read now, whenever the answer arrives.
        const auto found = records.find(id);
        store::TierReply reply{Status::absent, {}};
        if (found != records.end()) {
            const bool is_known = found->second.version == known;
            reply = {is_known ? Status::unchanged : Status::done,
                     is_known ? base::Record{} : found->second, issued[id]};
        }
        later(std::move(done), [reply] { return reply; });
    }
    void insert(const base::InsertRecord& request, Done done) override
    {
        asked.emplace_back("insert");
        last_insert = request;
        later(std::move(done), [this, request] {
            const auto& tags = request.record.tags;
            if (std::any_of(tags.begin(), tags.end(), [&](const auto& tag) {
                    const auto grave = graves.find(tag);
                    return grave != graves.end() && request.issued_at <= grave->second.not_after &&
                           request.now < grave->second.keep_until;
                })) {
                return store::TierReply{Status::ended, {}};
            }
            issued[request.id] = request.issued_at;
            const bool is_new = records.emplace(request.id, request.record).second;
            return store::TierReply{is_new ? Status::done : Status::conflict, {}};
        });
    }
    void replace(const base::ReplaceRecord& request, std::uint64_t version, Done done) override
    {
        asked.emplace_back("replace");
        later(std::move(done), [this, request, version] {
            const auto found = records.find(request.id);
            if (found == records.end()) {
                return store::TierReply{Status::absent, {}};
            }
            if (found->second.version != request.record.version) {
                return store::TierReply{Status::conflict, {}};
            }
            found->second = request.record;
            found->second.version = version;
            return store::TierReply{Status::done, {}};
        });
    }
    void remove(const base::RecordId& id, Done done) override
    {
        asked.emplace_back("remove");
        later(std::move(done), [this, id] {
            records.erase(id);
            return store::TierReply{Status::done, {}};
        });
    }
    void remove_tagged(const base::RemoveTagged& request, Done done) override
    {
        asked.emplace_back("remove_tagged");
        last_removal = request;
        later(std::move(done), [this, request] {
            if (request.keep_until != 0) {
                graves[request.tag] = request;
            }
            std::erase_if(records, [&](const auto& one) {
                const auto& tags = one.second.tags;
                const bool is_meant =
                    request.not_after == 0 || issued[one.first] <= request.not_after;
                return is_meant && std::count(tags.begin(), tags.end(), request.tag) > 0;
            });
            return store::TierReply{Status::done, {}};
        });
    }

    /// Answers what was asked so far, and what is asked meanwhile.
    void answer()
    {
        while (!answers_.empty()) {
            const auto next = std::move(answers_.front());
            answers_.pop_front();
            next();
        }
    }

private:
    template <class Act> void later(Done done, Act act)
    {
        answers_.emplace_back([this, done = std::move(done), act] {
            done(fault ? store::TierReply{*fault, {}} : act());
        });
    }

    std::deque<std::function<void()>> answers_;
};

/// One machine: a memory, a queue and what a worker of it has.
class Node {
public:
    using Status = base::StoreReply::Status;
    static constexpr store::Millis noon = start * 1000;
    static constexpr std::size_t bytes = 256 * 1024;

    explicit Node(FakeTier& shared, std::size_t most_deletions = 4)
        : tier(shared), zone(bytes), queue_memory(4096), memory(prepared(zone)),
          queue(prepared(queue_memory, most_deletions)),
          store(memory, shared, queue, {60'000, 600'000}, [this] { return clock; })
    {
    }

    /// Asks, and has the tier answer if it must be asked.
    Status ask(const base::StoreRequest& request)
    {
        std::optional<Status> late;
        const auto pending = store.ask(request, reply, [&](base::StoreReply answer) {
            late = answer.status;
            reply = std::move(answer);
        });
        was_asked = pending != nullptr;
        if (!pending) {
            return reply.status;
        }
        tier.answer();
        if (!late) {
            throw std::runtime_error{"no answer"};
        }
        return *late;
    }
    Status find(const base::RecordId& id) { return ask(base::FindRecord{id, clock / 1000, true}); }
    Status insert(const base::RecordId& id, base::Record record)
    {
        return ask(base::InsertRecord{id, clock / 1000, std::move(record)});
    }
    Status remove(const base::RecordId& id) { return ask(base::RemoveRecord{id}); }
    Status remove_tagged(const base::RecordId& tag) { return ask(base::RemoveTagged{tag}); }

    FakeTier& tier;
    store::Millis clock = noon;
    SharedMemory zone;
    SharedMemory queue_memory;
    store::MemoryStore memory;
    store::DeletionQueue queue;
    store::TieredStore store;
    base::StoreReply reply;
    bool was_asked = false; // whether the last question had to wait for the tier

private:
    static void* prepared(const SharedMemory& zone)
    {
        store::MemoryStore::format(zone.get(), bytes);
        return zone.get();
    }
    static void* prepared(const SharedMemory& queue, std::size_t most)
    {
        store::DeletionQueue::format(queue.get(), most);
        return queue.get();
    }
};

} // namespace ciam::test
