#include "store/shards.hpp"

namespace ciam::store {
namespace {

constexpr std::uint64_t store_magic = 0x6369616d73746f72;
constexpr std::uint64_t layout_number = 3;

std::uint64_t checksum_of(const StoreLayout& layout)
{
    std::uint64_t sum = layout.magic;
    for (const std::uint64_t word :
         {layout.layout, std::uint64_t{layout.geometry.shards},
          std::uint64_t{layout.geometry.page_bytes}, layout.geometry.first_page}) {
        sum = (sum ^ word) * 0x9e3779b97f4a7c15U;
        sum ^= sum >> 29U;
    }
    return sum;
}

} // namespace

StoreLayout StoreLayout::of(const Geometry& geometry) noexcept
{
    StoreLayout layout{store_magic, layout_number, geometry, 0};
    layout.checksum = checksum_of(layout);
    return layout;
}

bool StoreLayout::is_valid() const noexcept
{
    return magic == store_magic && layout == layout_number && checksum == checksum_of(*this) &&
           geometry.is_possible();
}

void Shards::announce_tombstone(std::uint32_t until) const noexcept
{
    std::atomic_ref latest{header().tombstones_until};
    auto known = latest.load();
    while (known < until && !latest.compare_exchange_weak(known, until)) {
    }
}

} // namespace ciam::store
