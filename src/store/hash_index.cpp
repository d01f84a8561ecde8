#include "store/hash_index.hpp"

#include <algorithm>
#include <bit>

namespace ciam::store {

void HashIndex::clear() noexcept
{
    for (std::uint32_t i = 0; i < header_.pages; ++i) {
        pages_.give_back_page(header_.directory[i]);
    }
    forget();
}

void HashIndex::forget() noexcept
{
    header_.buckets = header_buckets;
    header_.nodes = 0;
    header_.pages = 0;
    std::fill_n(header_.first, header_buckets, no_ref);
}

std::uint32_t HashIndex::number_of(std::uint32_t hash) const noexcept
{
    const auto mask = std::bit_ceil(header_.buckets) - 1;
    const auto number = hash & mask;
    return number < header_.buckets ? number : number & (mask >> 1U);
}

std::uint32_t& HashIndex::bucket(std::uint32_t number) const noexcept
{
    if (number < header_buckets) {
        return header_.first[number];
    }
    const auto in_page = buckets_in_page();
    const auto page = header_.directory[(number - header_buckets) / in_page];
    auto* table = reinterpret_cast<std::uint32_t*>(pages_.at(page) + unit_bytes);
    return table[(number - header_buckets) % in_page];
}

std::uint32_t* HashIndex::grow(std::uint32_t nodes_in_a_bucket) noexcept
{
    if (header_.nodes / nodes_in_a_bucket <= header_.buckets) {
        return nullptr;
    }
    const auto fresh = header_.buckets;
    if ((fresh - header_buckets) / buckets_in_page() == header_.pages) {
        const auto page = header_.pages < index_pages ? pages_.take_index_page() : no_page;
        if (page == no_page) {
            return nullptr; // longer chains, then
        }
        header_.directory[header_.pages++] = page;
    }
    bucket(fresh) = no_ref;
    ++header_.buckets;
    return &bucket(fresh - std::bit_floor(fresh));
}

} // namespace ciam::store
