#include "store/slot.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>

namespace ciam::store {
namespace {

std::size_t head_bytes(std::size_t tags)
{
    return offsetof(SlotHeader, tags) + tags * sizeof(TagEntry);
}

char* payload(SlotHeader& slot, std::size_t tags)
{
    return reinterpret_cast<char*>(&slot) + head_bytes(tags);
}

const char* payload(const SlotHeader& slot)
{
    return reinterpret_cast<const char*>(&slot) + head_bytes(tag_count(slot));
}

// Finds what a crash of the machine or a damaged file left behind; against forgery there are seals.
class Checksum {
public:
    template <class Value> Checksum& add(const Value& value)
    {
        static_assert(sizeof(value) % sizeof(std::uint32_t) == 0);
        for (std::size_t i = 0; i < sizeof(value); i += sizeof(std::uint32_t)) {
            std::uint32_t word = 0;
            std::memcpy(&word, reinterpret_cast<const unsigned char*>(&value) + i, sizeof(word));
            state_ = (state_ ^ word) * 0x9e3779b97f4a7c15U; // 2^64 divided by the golden ratio
            state_ ^= state_ >> 29U;
        }
        return *this;
    }
    std::uint32_t value() const { return static_cast<std::uint32_t>(state_ >> 32U); }

private:
    std::uint64_t state_ = 0x6369616d;
};

std::uint32_t checksum(const SlotHeader& slot, std::uint64_t mark)
{
    Checksum sum;
    sum.add(mark).add(slot.id).add(slot.idle_timeout).add(slot.limit).add(slot.issued_at);
    sum.add(std::uint32_t{slot.hot_size} << 16U | slot.cold_size);
    for (std::size_t i = 0; i < (mark & tag_count_mask); ++i) {
        sum.add(slot.tags[i].low).add(slot.tags[i].high);
    }
    return sum.value();
}

} // namespace

Tag short_tag(const base::RecordId& tag) noexcept
{
    Tag shortened = 0;
    std::memcpy(&shortened, tag.data() + 8, sizeof(shortened));
    return shortened;
}

std::uint32_t short_time(base::Seconds time) noexcept
{
    constexpr base::Seconds most = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::clamp<base::Seconds>(time, 0, most));
}

std::size_t slot_bytes(const base::Record& record) noexcept
{
    constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max();
    if (record.hot.size() > most || record.cold.size() > most) {
        return std::numeric_limits<std::size_t>::max();
    }
    return head_bytes(record.tags.size()) + record.hot.size() + record.cold.size();
}

bool has_expired(const SlotHeader& slot, std::uint32_t now) noexcept
{
    return now >= slot.limit || (now > slot.last_seen && now - slot.last_seen >= slot.idle_timeout);
}

void write_record(SlotHeader& slot, const base::Record& record) noexcept
{
    slot.idle_timeout = short_time(record.idle_timeout);
    slot.limit = short_time(record.limit);
    slot.hot_size = static_cast<std::uint16_t>(record.hot.size());
    slot.cold_size = static_cast<std::uint16_t>(record.cold.size());
    for (std::size_t i = 0; i < record.tags.size(); ++i) {
        const auto tag = short_tag(record.tags[i]);
        slot.tags[i].low = static_cast<std::uint32_t>(tag);
        slot.tags[i].high = static_cast<std::uint32_t>(tag >> 32U);
    }
    auto* to = payload(slot, record.tags.size());
    to += record.hot.copy(to, record.hot.size());
    record.cold.copy(to, record.cold.size());
}

void make_live(SlotHeader& slot, std::uint64_t mark) noexcept
{
    slot.checksum = checksum(slot, mark);
    std::atomic_ref{slot.mark}.store(mark, std::memory_order_release);
    // A process dies between two instructions: that the compiler keeps the order is enough.
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

void end_life(SlotHeader& slot) noexcept
{
    std::atomic_signal_fence(std::memory_order_seq_cst);
    std::atomic_ref{slot.mark}.store(0, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

std::size_t used_bytes(const SlotHeader& slot) noexcept
{
    return head_bytes(tag_count(slot)) + slot.hot_size + slot.cold_size;
}

bool is_intact(const SlotHeader& slot, std::size_t bytes) noexcept
{
    return tag_count(slot) <= max_tags && used_bytes(slot) <= bytes &&
           slot.checksum == checksum(slot, slot.mark);
}

void copy_slot(const SlotHeader& from, SlotHeader& to) noexcept
{
    constexpr auto after_mark = offsetof(SlotHeader, last_seen);
    std::memcpy(reinterpret_cast<unsigned char*>(&to) + after_mark,
                reinterpret_cast<const unsigned char*>(&from) + after_mark,
                used_bytes(from) - after_mark);
}

bool begins_with(const SlotHeader& slot, const base::HotMark& mark) noexcept
{
    return slot.hot_size >= mark.size() &&
           std::memcmp(payload(slot), mark.data(), mark.size()) == 0;
}

void read_record(const SlotHeader& slot, bool with_cold, base::Record& record) noexcept
{
    record.version = version(slot);
    record.idle_timeout = slot.idle_timeout;
    record.limit = slot.limit;
    record.tags.resize(tag_count(slot));
    for (std::size_t i = 0; i < record.tags.size(); ++i) {
        const auto tag = store::tag(slot, i);
        record.tags[i] = {};
        std::memcpy(record.tags[i].data() + 8, &tag, sizeof(tag));
    }
    record.hot.assign(payload(slot), slot.hot_size);
    if (with_cold) {
        record.cold.assign(payload(slot) + slot.hot_size, slot.cold_size);
    }
}

} // namespace ciam::store
