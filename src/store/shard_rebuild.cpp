// What is done when a process died inside a shard's lock: everything derived is made anew from the
// headers of pages and slots. May itself be cut off at any place and be begun again by the next
// process.
#include "store/shard.hpp"

#include <algorithm>

namespace ciam::store {

void Shard::rebuild() noexcept
{
    forget_all();
    // First what is free, since the indexes take pages while they grow.
    for (PageIndex page = pages_.count(); page-- > 0;) {
        if (pages_.slot_units(page) == 0) {
            pages_.give_back_page(page);
        }
    }
    for (PageIndex page = 0; page < pages_.count(); ++page) {
        if (pages_.slot_units(page) != 0) {
            adopt_page(page);
        }
    }
    for (PageIndex page = 0; page < pages_.count(); ++page) {
        if (pages_.slot_units(page) != 0) {
            chain_free_slots(page);
        }
    }
}

void Shard::set_pages(std::uint32_t pages) noexcept
{
    const auto before = header_.records;
    // What was there before the memory was made smaller must not come back with it.
    for (auto page = header_.pages; page < pages; ++page) {
        pages_.header(page).layout = layout_word(PageKind::free, 0);
    }
    header_.pages = pages;
    rebuild();
    header_.counters.evicted_live += before > header_.records ? before - header_.records : 0;
}

void Shard::forget_all() noexcept
{
    pages_.forget_lists();
    index_.forget();
    header_.records = header_.untagged = 0;
    header_.tombstones = 0;
    header_.sweep = pages_.first_slot(0);
    header_.oldest_this_turn = header_.oldest_last_turn = no_ref;
}

/// Of the live slots those that are whole, and of two of one id the newer.
void Shard::adopt_page(PageIndex page) noexcept
{
    const auto units = pages_.slot_units(page);
    pages_.each_slot(page, [&](Ref ref) {
        auto& slot = pages_.slot(ref);
        if (!is_live(slot)) {
            slot.mark = 0;
        } else if (!is_intact(slot, units * unit_bytes)) {
            ++header_.counters.damaged;
            end_life(slot);
        } else {
            adopt(ref);
        }
    });
}

void Shard::adopt(Ref ref) noexcept
{
    auto& slot = pages_.slot(ref);
    const auto twin = index_.find(slot.id);
    if (twin != no_ref) { // a replacement that was cut off between the new and the old
        if (version(pages_.slot(twin)) > version(slot)) {
            end_life(slot);
            return;
        }
        index_.remove(twin);
        discount(pages_.slot(twin));
        end_life(pages_.slot(twin));
    }
    auto& last_version = header_.counters.last_version;
    last_version = std::max(last_version, version(slot));
    index_.add(ref);
    count(slot);
}

/// What is not live becomes the page's free slots, in ascending order.
void Shard::chain_free_slots(PageIndex page) noexcept
{
    auto& header = pages_.header(page);
    header.used = 0;
    header.free_slot = 0;
    auto last = no_ref;
    pages_.each_slot(page, [&](Ref ref) {
        if (is_live(pages_.slot(ref))) {
            ++header.used;
            return;
        }
        const auto unit = static_cast<std::uint16_t>(pages_.unit_of(ref));
        pages_.slot(ref).next = 0;
        if (last == no_ref) {
            header.free_slot = unit;
        } else {
            pages_.slot(last).next = unit;
        }
        last = ref;
    });
    if (header.used == 0) {
        pages_.give_back_page(page);
    } else {
        pages_.found_slots(page);
    }
}

} // namespace ciam::store
