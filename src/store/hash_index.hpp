// A hash table of chains whose number of buckets grows one by one (linear hashing), so that no
// insertion takes long. Knows only heads of chains; who owns it moves the nodes. The shard's lock
// is held by whoever calls.
#pragma once

#include "store/pages.hpp"

namespace ciam::store {

class HashIndex {
public:
    HashIndex(IndexHeader& header, Pages& pages) noexcept : header_(header), pages_(pages) {}

    /// Gives its pages back, with all that was in it.
    void clear() noexcept;
    /// For a rebuild: the pages are nobody's any more.
    void forget() noexcept;

    std::uint32_t& head(std::uint32_t hash) const noexcept { return bucket(number_of(hash)); }

    void count_node() noexcept { ++header_.nodes; }
    void discount_node() noexcept { --header_.nodes; }
    std::uint32_t nodes() const noexcept { return header_.nodes; }

    /// Adds a bucket, empty. Who calls has to move there what is in the head returned and has
    /// another number_of() now. Null when it does not grow: not needed, or no page.
    std::uint32_t* grow(std::uint32_t nodes_in_a_bucket) noexcept;

private:
    std::uint32_t number_of(std::uint32_t hash) const noexcept;
    std::uint32_t& bucket(std::uint32_t number) const noexcept;
    std::uint32_t buckets_in_page() const noexcept
    {
        return static_cast<std::uint32_t>((pages_.units() - 1) * unit_bytes / sizeof(Ref));
    }

    IndexHeader& header_;
    Pages& pages_;
};

} // namespace ciam::store
