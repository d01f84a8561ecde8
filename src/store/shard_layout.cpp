#include "store/shard_layout.hpp"

#include <bit>

namespace ciam::store {
namespace {

// More shards, less waiting; but a shard has to hold a good number of records, the largest too.
constexpr std::size_t most_shards = 64;
constexpr std::size_t smallest_shard = 128 * 1024;
constexpr std::size_t usual_blocks_of_a_record = 2;
constexpr std::size_t line = 64;
constexpr std::size_t header_room = 2 * line; // at the start of the whole memory

std::size_t shards_in(std::size_t bytes)
{
    std::size_t shards = most_shards;
    while (shards > 1 && bytes / shards < smallest_shard) {
        shards /= 2;
    }
    return shards;
}

} // namespace

Geometry Geometry::of(std::size_t bytes) noexcept
{
    Geometry geometry{};
    const auto shards = shards_in(bytes);
    geometry.shards = static_cast<std::uint32_t>(shards);
    geometry.shard_bytes = (bytes - header_room) / shards / line * line;
    const auto most_blocks = geometry.shard_bytes / block_bytes;
    geometry.buckets =
        static_cast<std::uint32_t>(std::bit_ceil(most_blocks / usual_blocks_of_a_record));
    geometry.bitmap_words = static_cast<std::uint32_t>(most_blocks / 64 + 1);
    const auto left = geometry.shard_bytes - sizeof(ShardHeader) - geometry.tables_bytes();
    geometry.blocks = static_cast<std::uint32_t>(left / block_bytes);
    return geometry;
}

std::size_t Geometry::tables_bytes() const noexcept
{
    const auto bytes =
        buckets * (sizeof(BlockIndex) + sizeof(TagRef)) + bitmap_words * sizeof(std::uint64_t);
    return (bytes + line - 1) / line * line;
}

} // namespace ciam::store
