#include "store/board_layout.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <iterator>

namespace ciam::store {
namespace {

using Words = std::array<std::uint64_t, 4>;

Words words_of(const base::RecordId& subject)
{
    static_assert(sizeof(Words) == sizeof(base::RecordId));
    Words words;
    std::memcpy(words.data(), subject.data(), sizeof(words));
    return words;
}

std::uint64_t load(std::uint64_t& value, std::memory_order order = std::memory_order_relaxed)
{
    return std::atomic_ref{value}.load(order);
}

void store(std::uint64_t& value, std::uint64_t now)
{
    std::atomic_ref{value}.store(now, std::memory_order_release);
}

std::size_t blocks_of(std::size_t bytes)
{
    return (bytes + block_bytes - 1) / block_bytes;
}

bool has_subject(Slot& slot, const Words& subject)
{
    return std::equal(
        subject.begin(), subject.end(), std::begin(slot.subject),
        [](std::uint64_t ours, std::uint64_t& theirs) { return ours == load(theirs); });
}

} // namespace

std::size_t Slots::blocks_for(std::size_t subjects, std::size_t bytes_each) noexcept
{
    constexpr std::size_t roomy = 64; // subjects of which each may have the longest text
    constexpr std::size_t usual = 4;  // blocks of any more
    const auto longest = blocks_of(bytes_each);
    return std::min(subjects, roomy) * longest +
           (subjects - std::min(subjects, roomy)) * std::min(longest, usual);
}

std::size_t Slots::head_bytes(std::size_t subjects, std::size_t blocks) noexcept
{
    return sizeof(BoardHeader) + subjects * sizeof(Slot) + blocks;
}

std::size_t Slots::bytes_for(std::size_t subjects, std::size_t bytes_each) noexcept
{
    const auto blocks = blocks_for(subjects, bytes_each);
    return head_bytes(subjects, blocks) + blocks * block_bytes;
}

Slots::Slots(BoardHeader& header) noexcept
    : header_(header), first_(reinterpret_cast<Slot*>(&header + 1)), end_(first_ + header.subjects),
      taken_(reinterpret_cast<std::uint8_t*>(end_)),
      texts_(reinterpret_cast<char*>(taken_ + header.blocks))
{
}

template <class Visit> Slot* Slots::first_of(std::uint64_t subject, Visit visit) const noexcept
{
    const auto count = static_cast<std::size_t>(end_ - first_);
    auto* slot = first_ + subject % count;
    for (std::size_t left = std::min(count, most_places); left > 0; --left) {
        if (visit(*slot)) {
            return slot;
        }
        slot = slot + 1 == end_ ? first_ : slot + 1;
    }
    return nullptr;
}

// Nothing keeps the slot from passing to another subject while we read: then `changes` differs.
std::uint64_t Slots::generation(const base::RecordId& subject) const noexcept
{
    const auto words = words_of(subject);
    std::uint64_t generation = 0;
    first_of(words[0], [&](Slot& slot) {
        const auto changes = load(slot.changes, std::memory_order_acquire);
        if (changes % 2 != 0 || !has_subject(slot, words)) {
            return false;
        }
        const auto read = load(slot.generation);
        std::atomic_thread_fence(std::memory_order_acquire);
        const bool is_whole = load(slot.changes) == changes;
        generation = is_whole ? read : 0;
        return is_whole;
    });
    return generation;
}

Slot* Slots::find(const base::RecordId& subject) const noexcept
{
    const auto words = words_of(subject);
    return first_of(words[0],
                    [&](Slot& slot) { return slot.used != 0 && has_subject(slot, words); });
}

Slot& Slots::claim(const base::RecordId& subject) noexcept
{
    if (auto* slot = find(subject)) {
        return *slot;
    }
    const auto words = words_of(subject);
    Slot* oldest = nullptr;
    first_of(words[0], [&](Slot& slot) {
        oldest = oldest == nullptr || slot.used < oldest->used ? &slot : oldest;
        return slot.used == 0;
    });
    hand_over(*oldest, words.data());
    return *oldest;
}

char* Slots::block(std::uint32_t index) const noexcept
{
    return texts_ + index * block_bytes;
}

void Slots::read(const Slot& slot, char* to) const noexcept
{
    for (std::size_t at = 0; at < slot.text_size; at += block_bytes) {
        const auto size = std::min<std::size_t>(block_bytes, slot.text_size - at);
        std::memcpy(to + at, block(slot.blocks[at / block_bytes]), size);
    }
}

void Slots::post(Slot& slot, std::string_view text, base::Seconds posted_at) noexcept
{
    store(slot.is_writing, 1);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    give_back(slot);
    take_blocks(slot, blocks_of(text.size()));
    for (std::size_t at = 0; at < text.size(); at += block_bytes) {
        text.copy(block(slot.blocks[at / block_bytes]), block_bytes, at);
    }
    slot.text_size = text.size();
    slot.posted_at = posted_at;
    slot.used = ++header_.last_use;
    slot.lease = {};
    store(slot.generation, ++header_.last_generation);
    store(slot.is_writing, 0);
}

void Slots::take_blocks(Slot& slot, std::size_t count) noexcept
{
    std::size_t found = 0;
    while (found < count) {
        for (std::uint32_t index = 0; index < header_.blocks && found < count; ++index) {
            if (taken_[index] == 0) {
                taken_[index] = 1;
                slot.blocks[found++] = index;
            }
        }
        if (found < count) {
            drop_oldest(slot);
        }
    }
}

void Slots::give_back(Slot& slot) noexcept
{
    for (std::size_t i = 0; i < blocks_of(slot.text_size); ++i) {
        taken_[slot.blocks[i]] = 0;
    }
    slot.text_size = 0;
}

void Slots::drop_oldest(const Slot& but) noexcept
{
    Slot* oldest = nullptr;
    for (auto* slot = first_; slot != end_; ++slot) {
        const bool is_older = oldest == nullptr || slot->used < oldest->used;
        oldest = slot != &but && slot->text_size != 0 && is_older ? slot : oldest;
    }
    store(oldest->generation, 0);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    give_back(*oldest);
}

void Slots::repair() noexcept
{
    constexpr std::uint64_t nobody[4] = {};
    std::memset(taken_, 0, header_.blocks);
    for (auto* slot = first_; slot != end_; ++slot) {
        if (slot->changes % 2 != 0) {
            ++slot->changes;
            hand_over(*slot, nobody);
            slot->used = 0;
        } else if (slot->is_writing != 0 || slot->generation == 0) {
            store(slot->generation, 0);
            store(slot->is_writing, 0);
            slot->text_size = 0;
        }
    }
    for (auto* slot = first_; slot != end_; ++slot) {
        for (std::size_t i = 0; i < blocks_of(slot->text_size); ++i) {
            taken_[slot->blocks[i]] = 1;
        }
    }
}

void Slots::hand_over(Slot& slot, const std::uint64_t* subject) noexcept
{
    store(slot.changes, slot.changes + 1);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    store(slot.generation, 0);
    for (std::size_t i = 0; i < std::size(slot.subject); ++i) {
        store(slot.subject[i], subject[i]);
    }
    slot.used = ++header_.last_use;
    give_back(slot);
    slot.is_writing = 0;
    slot.lease = {};
    slot.failure = {};
    store(slot.changes, slot.changes + 1);
}

} // namespace ciam::store
