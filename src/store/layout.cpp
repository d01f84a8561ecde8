#include "store/layout.hpp"

#include <bit>

namespace ciam::store {
namespace {

constexpr std::size_t most_shards = 64;
constexpr std::size_t pages_of_a_shard = 28; // at least, so that every class can have some
constexpr std::size_t large_page = 64 * 1024;
constexpr std::size_t small_page = 4 * 1024;

std::size_t page_bytes_in(std::size_t bytes)
{
    auto page = large_page;
    while (page > small_page && bytes / page < pages_of_a_shard) {
        page /= 2;
    }
    return page;
}

std::size_t shards_in(std::size_t bytes, std::size_t page)
{
    auto shards = most_shards;
    while (shards > 1 && bytes / shards / page < pages_of_a_shard) {
        shards /= 2;
    }
    return shards;
}

} // namespace

Geometry Geometry::of(std::size_t bytes) noexcept
{
    const auto page = page_bytes_in(bytes);
    const auto shards = shards_in(bytes, page);
    return {static_cast<std::uint32_t>(shards), static_cast<std::uint32_t>(page),
            shard_headers + shards * sizeof(ShardHeader)};
}

bool Geometry::is_possible() const noexcept
{
    return std::has_single_bit(shards) && shards <= most_shards &&
           std::has_single_bit(page_bytes) && page_bytes >= small_page &&
           page_bytes <= large_page && first_page == shard_headers + shards * sizeof(ShardHeader);
}

std::uint32_t Geometry::pages_in(std::size_t bytes) const noexcept
{
    return bytes < first_page
               ? 0
               : static_cast<std::uint32_t>((bytes - first_page) / page_bytes / shards);
}

SizeClass SizeClass::of(std::uint32_t units, std::uint32_t page_units) noexcept
{
    constexpr std::uint32_t few = 32;
    const auto room = page_units - 1; // the page's header takes one
    const auto slots = room / units;
    if (slots >= few) {
        return {units, units}; // at most 63
    }
    return {class_count - slots, room / slots};
}

} // namespace ciam::store
