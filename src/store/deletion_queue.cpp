#include "store/deletion_queue.hpp"

#include "store/robust_lock.hpp"

#include <algorithm>
#include <new>

namespace ciam::store {

struct DeletionQueue::Entry {
    Deletion deletion;
    std::uint32_t used = 0; // written last, cleared first
    Millis not_before = 0;
};

struct alignas(64) DeletionQueue::Header {
    pthread_mutex_t mutex;
    std::uint64_t most;
    std::uint64_t next; // where the next look begins, so that each has its turn
};

std::size_t DeletionQueue::bytes_for(std::size_t most) noexcept
{
    return sizeof(Header) + most * sizeof(Entry);
}

void DeletionQueue::format(void* memory, std::size_t most)
{
    auto* header = new (memory) Header{};
    init_robust_mutex(header->mutex);
    auto* entries = reinterpret_cast<Entry*>(header + 1);
    for (std::size_t i = 0; i < most; ++i) {
        new (entries + i) Entry{};
    }
    header->most = most;
}

DeletionQueue::DeletionQueue(void* memory) noexcept
    : header_(static_cast<Header*>(memory)), entries_(reinterpret_cast<Entry*>(header_ + 1))
{
}

template <class Act> void DeletionQueue::locked(Act act) const noexcept
{
    // An entry counts only once it is whole, so a death inside the lock leaves nothing to repair.
    const RobustLock lock{header_->mutex, []() noexcept {}};
    if (lock.held()) {
        act();
    }
}

bool DeletionQueue::is_same(const Entry& entry, const Deletion& deletion) noexcept
{
    return entry.used != 0 && entry.deletion.of == deletion.of && entry.deletion.id == deletion.id;
}

DeletionQueue::Entry* DeletionQueue::find(const Deletion& deletion) const noexcept
{
    for (std::size_t i = 0; i < header_->most; ++i) {
        if (is_same(entries_[i], deletion)) {
            return &entries_[i];
        }
    }
    return nullptr;
}

bool DeletionQueue::add(const Deletion& deletion, Millis not_before) noexcept
{
    bool added = false;
    locked([&] {
        if (Entry* known = find(deletion)) {
            auto& [of, id, not_after, keep_until] = known->deletion;
            not_after = std::max(not_after, deletion.not_after);
            keep_until = std::max(keep_until, deletion.keep_until);
            added = true;
        }
        for (std::size_t i = 0; i < header_->most && !added; ++i) {
            Entry& entry = entries_[i];
            if (entry.used == 0) {
                entry.deletion = deletion;
                entry.not_before = not_before;
                entry.used = 1;
                added = true;
            }
        }
    });
    return added;
}

std::optional<Deletion> DeletionQueue::take(Millis now, Millis lease) noexcept
{
    std::optional<Deletion> taken;
    locked([&] {
        for (std::size_t i = 0; i < header_->most && !taken; ++i) {
            Entry& entry = entries_[(header_->next + i) % header_->most];
            // A clock that was set back must not hide it for long.
            const bool is_free = entry.not_before <= now || entry.not_before > now + 2 * lease;
            if (entry.used != 0 && is_free) {
                entry.not_before = now + lease;
                taken = entry.deletion;
                header_->next = (header_->next + i + 1) % header_->most;
            }
        }
    });
    return taken;
}

void DeletionQueue::done(const Deletion& deletion) noexcept
{
    locked([&] {
        Entry* entry = find(deletion);
        if (entry != nullptr && entry->deletion == deletion) {
            entry->used = 0;
        }
    });
}

std::size_t DeletionQueue::size() const noexcept
{
    std::size_t count = 0;
    locked([&] {
        for (std::size_t i = 0; i < header_->most; ++i) {
            count += entries_[i].used != 0 ? 1 : 0;
        }
    });
    return count;
}

} // namespace ciam::store
