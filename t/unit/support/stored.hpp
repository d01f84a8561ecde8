// A session store in memory of its own, asked with few words.
#pragma once

#include "store/memory_store.hpp"
#include "support/shared_memory.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace ciam::test {

constexpr base::Seconds start = 1'700'000'000;
constexpr base::Seconds a_day = 86400;

/// A record of so many bytes that proves itself, and that does not end during a test.
inline base::Record record_of(std::uint64_t seed, std::size_t hot, std::size_t cold = 0)
{
    base::Record record;
    record.hot = text_of(seed, hot);
    record.cold = cold != 0 ? text_of(seed + 1, cold) : std::string{};
    record.idle_timeout = a_day;
    record.limit = start + 10 * a_day;
    return record;
}

/// Hot and cold part are of one piece, and of one writing.
inline bool is_whole(const base::Record& record)
{
    return is_whole(record.hot) &&
           (record.cold.empty() ||
            (is_whole(record.cold) && seed_of(record.cold) == seed_of(record.hot) + 1));
}

/// Tags as a store gives them back: what it has kept of them.
inline std::vector<base::RecordId> as_kept(std::vector<base::RecordId> tags)
{
    for (auto& tag : tags) {
        std::fill_n(tag.begin(), 8, std::uint8_t{0});
        std::fill_n(tag.begin() + 16, 16, std::uint8_t{0});
    }
    return tags;
}

/// One process's way to a store.
class Asker {
public:
    using Status = base::StoreReply::Status;

    explicit Asker(void* memory) : store_(memory) {}

    Status ask(const base::StoreRequest& request)
    {
        if (store_.ask(request, reply_, {}) != nullptr) {
            throw std::runtime_error{"memory answers at once"};
        }
        return reply_.status;
    }
    Status find(const base::RecordId& id, base::Seconds now = start)
    {
        return ask(base::FindRecord{id, now, true});
    }
    Status insert(const base::RecordId& id, base::Record record, base::Seconds now = start)
    {
        return ask(base::InsertRecord{id, now, std::move(record)});
    }
    Status replace(const base::RecordId& id, base::Record record, base::Seconds now = start)
    {
        return ask(base::ReplaceRecord{id, now, std::move(record)});
    }
    Status remove(const base::RecordId& id) { return ask(base::RemoveRecord{id}); }
    Status remove_tagged(const base::RecordId& tag) { return ask(base::RemoveTagged{tag}); }
    bool has(const base::RecordId& id, base::Seconds now = start)
    {
        return find(id, now) == Status::done;
    }

    base::StoreReply& reply() { return reply_; }
    const base::Record& record() const { return reply_.record; }
    store::MemoryStoreStatus status() const { return store_.status(); }
    store::MemoryStore& store() { return store_; }

private:
    store::MemoryStore store_;
    base::StoreReply reply_;
};

/// A store of one process.
class Stored {
public:
    explicit Stored(std::size_t bytes) : memory_(bytes)
    {
        store::MemoryStore::format(memory_.get(), bytes);
    }

    void* memory() const { return memory_.get(); }
    void* elsewhere() { return memory_.elsewhere(); }

private:
    SharedMemory memory_;
};

constexpr std::size_t one_shard = 128 * 1024;

} // namespace ciam::test
