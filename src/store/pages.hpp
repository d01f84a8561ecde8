// The pages of one shard and the slots in them: taking and giving back. Knows nothing of what is
// in a slot. The shard's lock is held by whoever calls.
#pragma once

#include "store/layout.hpp"

#include <optional>

namespace ciam::store {

class Pages {
public:
    /// `first`: page 0 of the whole memory.
    Pages(ShardHeader& shard, unsigned char* first, std::uint32_t shard_number,
          const Geometry& geometry) noexcept;

    std::uint32_t count() const noexcept { return shard_.pages; }
    std::uint32_t units() const noexcept { return 1U << unit_shift_; }
    /// The largest slot.
    std::size_t most_bytes() const noexcept { return (units() - 1) * unit_bytes; }

    unsigned char* at(PageIndex page) const noexcept
    {
        return first_ + (static_cast<std::size_t>(page) << page_shift_);
    }
    PageHeader& header(PageIndex page) const noexcept
    {
        return *reinterpret_cast<PageHeader*>(at(page));
    }
    SlotHeader& slot(Ref ref) const noexcept
    {
        return *reinterpret_cast<SlotHeader*>(at(page_of(ref)) + unit_of(ref) * unit_bytes);
    }
    PageIndex page_of(Ref ref) const noexcept { return ref >> unit_shift_; }
    std::uint32_t unit_of(Ref ref) const noexcept { return ref & (units() - 1); }
    Ref ref(PageIndex page, std::uint32_t unit) const noexcept
    {
        return page << unit_shift_ | unit;
    }

    /// Units of each slot; 0 when the page has none, or its header is damaged.
    std::uint32_t slot_units(PageIndex page) const noexcept;
    SizeClass class_of(PageIndex page) const noexcept
    {
        return SizeClass::of(slot_units(page), units());
    }
    /// Shows the first unit of each slot.
    template <class Visit> void each_slot(PageIndex page, Visit visit) const
    {
        const auto step = slot_units(page);
        for (std::uint32_t unit = 1; step != 0 && unit + step <= units(); unit += step) {
            visit(ref(page, unit));
        }
    }

    /// A free page as part of an index; no_page when there is none.
    PageIndex take_index_page() noexcept;
    void give_back_page(PageIndex page) noexcept;

    /// Has the class no page at all?
    bool is_unused(const SizeClass& size) const noexcept
    {
        return shard_.classes[size.number].page_count == 0;
    }
    /// A free slot of a page that the class has.
    Ref take_slot(std::size_t class_number) noexcept;
    /// Gives a free page to the class; false when there is none.
    bool add_page(const SizeClass& size) noexcept;
    /// An empty page becomes free. The slot's mark is 0 already.
    void give_back_slot(Ref ref) noexcept;

    /// The slot after this one in the ring of the class's pages.
    Ref next_in_class(Ref ref) const noexcept;
    /// The slot after this one in all pages, the first one after the last; a page without slots
    /// counts as one.
    Ref next_of_all(Ref ref) const noexcept;
    /// A slot begins there.
    bool is_slot(Ref ref) const noexcept;
    Ref first_slot(PageIndex page) const noexcept { return ref(page, 1); }

    /// For a rebuild: nothing is known but the layout words. Then each page is looked at once.
    void forget_lists() noexcept;
    void found_free(PageIndex page) noexcept;
    /// A page of slots, `used` of which are taken; the others have been chained from `free_slot`.
    void found_slots(PageIndex page) noexcept;

private:
    bool take_free_page(PageIndex& page) noexcept;
    void cut(PageIndex page, const SizeClass& size) noexcept;
    void add_to_ring(PageIndex page, ClassHeader& of) noexcept;
    void remove_from_ring(PageIndex page, ClassHeader& of) noexcept;
    void add_partial(PageIndex page, ClassHeader& of) noexcept;
    void remove_partial(PageIndex page, ClassHeader& of) noexcept;

    ShardHeader& shard_;
    unsigned char* first_; // this shard's page 0
    unsigned page_shift_;  // from a page of this shard to its next
    unsigned unit_shift_;
};

} // namespace ciam::store
