#include "store/tallies.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <tuple>

namespace ciam::store {

struct alignas(64) Tallies::Header {
    pthread_mutex_t mutex;
    std::uint64_t sets;
};

namespace {

constexpr std::size_t ways = 8; // a key's place is one of so many

std::size_t sets_for(std::size_t keys)
{
    return std::max<std::size_t>((keys + ways - 1) / ways, 1);
}

} // namespace

std::size_t Tallies::bytes_for(std::size_t keys)
{
    return sizeof(Header) + sets_for(keys) * ways * sizeof(Tally);
}

void Tallies::format(void* memory, std::size_t keys)
{
    std::memset(memory, 0, bytes_for(keys));
    auto* header = new (memory) Header{};
    header->sets = sets_for(keys);
    init_robust_mutex(header->mutex);
}

Tallies::Tallies(void* memory) : header_(static_cast<Header*>(memory)) {}

pthread_mutex_t& Tallies::mutex() noexcept
{
    return header_->mutex;
}

Tally& Tallies::find(std::uint64_t key, std::int64_t minute) noexcept
{
    auto* first = reinterpret_cast<Tally*>(header_ + 1) + key % header_->sets * ways;
    auto* found =
        std::find_if(first, first + ways, [&](const Tally& one) { return one.key == key; });
    if (found == first + ways) {
        const auto worth = [](const Tally& one) {
            return std::tuple{one.key != 0, one.minute, one.events, one.under_way};
        };
        found = std::min_element(first, first + ways, [&](const Tally& one, const Tally& other) {
            return worth(one) < worth(other);
        });
        *found = {key, minute, 0, 0, 0, 0};
    } else if (found->minute != minute) {
        const auto before = found->events > 0 ? found->events : found->before;
        *found = {key, minute, 0, 0, 0, before};
    }
    return *found;
}

} // namespace ciam::store
