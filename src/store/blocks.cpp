#include "store/blocks.hpp"

#include <atomic>
#include <cstring>
#include <string_view>

namespace ciam::store {
namespace {

constexpr std::size_t in_first = block_bytes - sizeof(RecordHead);
constexpr std::size_t in_other = block_bytes - sizeof(Link);

std::size_t blocks_for(std::size_t payload)
{
    return payload <= in_first ? 1 : 1 + (payload - in_first + in_other - 1) / in_other;
}

/// What follows the head.
std::size_t payload_of(const RecordHead& head)
{
    return head.tag_count * sizeof(base::RecordId) + head.hot_size + head.cold_size;
}

// Finds a write that stopped half-way; against forgery the parts are sealed.
class Checksum {
public:
    void add(const unsigned char* bytes, std::size_t size)
    {
        for (; size >= sizeof(std::uint64_t); size -= sizeof(std::uint64_t)) {
            add_word(bytes, sizeof(std::uint64_t));
            bytes += sizeof(std::uint64_t);
        }
        if (size != 0) {
            add_word(bytes, size);
        }
    }
    template <class Value> void add(const Value& value)
    {
        add(reinterpret_cast<const unsigned char*>(&value), sizeof(value));
    }
    std::uint32_t value() const { return static_cast<std::uint32_t>(state_ >> 32U); }

private:
    void add_word(const unsigned char* bytes, std::size_t size)
    {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes, size);
        state_ = (state_ ^ word) * 0x9e3779b97f4a7c15U; // 2^64 divided by the golden ratio
        state_ ^= state_ >> 29U;
    }

    std::uint64_t state_ = 0x6369616d;
};

} // namespace

std::size_t Blocks::needed(const base::Record& record) noexcept
{
    return blocks_for(record.tags.size() * sizeof(base::RecordId) + record.hot.size() +
                      record.cold.size());
}

bool Blocks::is_live(BlockIndex block) const noexcept
{
    return (std::atomic_ref{link(block)}.load(std::memory_order_acquire) & live_mark) != 0;
}

void Blocks::prefetch(BlockIndex first) const noexcept
{
    constexpr std::size_t cache_line = 64;
    for (std::size_t offset = 0; offset < 2 * block_bytes; offset += cache_line) {
        __builtin_prefetch(at(first) + offset);
    }
}

BlockIndex Blocks::take(std::size_t wanted) noexcept
{
    const auto first = shard_.free_list;
    auto last = first;
    for (std::size_t i = 1; i < wanted; ++i) {
        last = next(last);
    }
    shard_.free_list = next(last);
    shard_.free_blocks -= static_cast<std::uint32_t>(wanted);
    link(last) = no_block;
    return first;
}

void Blocks::give_back(BlockIndex first) noexcept
{
    // A block may be written again only when nothing that is live leads to it. A process dies
    // between two instructions: that the compiler keeps the order is enough.
    std::atomic_ref{link(first)}.store(next(first), std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    auto last = first;
    std::uint32_t count = 1;
    for (; next(last) != no_block; ++count) {
        last = next(last);
    }
    link(last) = shard_.free_list;
    shard_.free_list = first;
    shard_.free_blocks += count;
}

void Blocks::make_live(BlockIndex first) noexcept
{
    std::atomic_ref{link(first)}.store(next(first) | live_mark, std::memory_order_release);
}

void Blocks::write(BlockIndex first, const base::Record& record) noexcept
{
    auto& head = this->head(first);
    head.idle_timeout = record.idle_timeout;
    head.limit = record.limit;
    head.hot_size = static_cast<std::uint32_t>(record.hot.size());
    head.cold_size = static_cast<std::uint32_t>(record.cold.size());
    head.tag_count = static_cast<std::uint32_t>(record.tags.size());
    Cursor to{first};
    const auto put = [&](const void* from, std::size_t size) {
        auto* bytes = static_cast<const unsigned char*>(from);
        each_piece(to, size, [&](unsigned char* piece, std::size_t length) {
            std::memcpy(piece, bytes, length);
            bytes += length;
        });
    };
    put(record.tags.data(), record.tags.size() * sizeof(base::RecordId));
    put(record.hot.data(), record.hot.size());
    put(record.cold.data(), record.cold.size());
    head.checksum = checksum(first);
}

bool Blocks::is_intact(BlockIndex first) const noexcept
{
    return is_chain(first) && head(first).checksum == checksum(first);
}

void Blocks::read(Cursor& at, void* to, std::size_t size) const noexcept
{
    auto* bytes = static_cast<unsigned char*>(to);
    each_piece(at, size, [&](const unsigned char* piece, std::size_t length) {
        std::memcpy(bytes, piece, length);
        bytes += length;
    });
}

base::RecordId Blocks::tag(TagRef tag) const noexcept
{
    static_assert(max_tags * sizeof(base::RecordId) <= in_first, "tags lie in the first block");
    base::RecordId id;
    std::memcpy(id.data(), at(tag / 2) + sizeof(RecordHead) + tag % 2 * id.size(), id.size());
    return id;
}

std::uint32_t Blocks::checksum(BlockIndex first) const noexcept
{
    const auto& head = this->head(first);
    Checksum sum;
    sum.add(head.version);
    sum.add(head.id);
    sum.add(head.idle_timeout);
    sum.add(head.limit);
    sum.add(head.hot_size);
    sum.add(head.cold_size);
    sum.add(head.tag_count);
    Cursor at{first};
    each_piece(at, payload_of(head),
               [&](const unsigned char* piece, std::size_t length) { sum.add(piece, length); });
    return sum.value();
}

/// True when the blocks that the head's sizes ask for are there, and no others.
bool Blocks::is_chain(BlockIndex first) const noexcept
{
    const auto& head = this->head(first);
    const auto wanted = blocks_for(payload_of(head));
    if (head.tag_count > max_tags || wanted > count_) {
        return false;
    }
    auto block = next(first);
    for (std::size_t i = 1; i < wanted; ++i) {
        if (block >= count_ || is_live(block)) {
            return false;
        }
        block = next(block);
    }
    return block == no_block;
}

} // namespace ciam::store
