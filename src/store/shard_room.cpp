// Where a record finds its place, and who has to go when there is none.
#include "store/shard.hpp"

#include <algorithm>

namespace ciam::store {
namespace {

constexpr std::size_t looks_for_victim = 32;

} // namespace

/// A free slot for so many bytes, which fit into a page. `keep` goes only when there is no other
/// way; then it is no_ref.
Ref Shard::slot_for(std::size_t bytes, std::uint32_t now, Ref& keep) noexcept
{
    const auto units = static_cast<std::uint32_t>((bytes + unit_bytes - 1) / unit_bytes);
    const auto size = SizeClass::of(units, pages_.units());
    for (;;) {
        const auto free = free_slot_for(size);
        if (free != no_ref) {
            return free;
        }
        const auto leaving = victim(size, now, keep);
        if (leaving != no_ref) {
            drop_for_room(leaving, now);
        } else {
            empty_a_page(now, keep);
        }
    }
}

Ref Shard::free_slot_for(const SizeClass& size) noexcept
{
    auto free = pages_.take_slot(size.number);
    // A page for the first record of a size that nobody else has would be mostly empty.
    if (free == no_ref && pages_.is_unused(size)) {
        free = slot_of_larger_class(size, size.units + size.units / 4);
    }
    if (free == no_ref && pages_.add_page(size)) {
        free = pages_.take_slot(size.number);
    }
    return free != no_ref ? free : slot_of_larger_class(size, 2 * size.units);
}

Ref Shard::slot_of_larger_class(const SizeClass& size, std::uint32_t most_units) noexcept
{
    const auto last = SizeClass::of(std::min(most_units, pages_.units() - 1), pages_.units());
    for (auto number = size.number + 1; number <= last.number; ++number) {
        const auto free = pages_.take_slot(number);
        if (free != no_ref) {
            return free;
        }
    }
    return no_ref;
}

/// Of the slots that the class's hand comes to: one that has expired, else the least recently used.
/// no_ref when the class is too small to choose from.
Ref Shard::victim(const SizeClass& size, std::uint32_t now, Ref keep) noexcept
{
    auto& of = header_.classes[size.number];
    const auto slots = std::size_t{of.page_count} * ((pages_.units() - 1) / size.units);
    if (slots < std::min<std::size_t>(looks_for_victim / 4, pages_.count() / 8)) {
        return no_ref;
    }
    auto found = no_ref;
    for (std::size_t i = 0; i < std::min(slots, looks_for_victim); ++i) {
        const auto ref = of.hand;
        const auto& slot = pages_.slot(ref);
        of.hand = pages_.next_in_class(ref);
        if (!is_live(slot) || ref == keep) {
            continue;
        }
        if (has_expired(slot, now)) {
            return ref;
        }
        if (found == no_ref || slot.last_seen < pages_.slot(found).last_seen) {
            found = ref;
        }
    }
    return found;
}

/// So that a page may change its class.
void Shard::empty_a_page(std::uint32_t now, Ref& keep) noexcept
{
    const auto page = page_to_empty(keep);
    pages_.each_slot(page, [&](Ref ref) {
        if (ref == keep) {
            drop(ref);
            keep = no_ref;
        } else if (is_live(pages_.slot(ref))) {
            drop_for_room(ref, now);
        }
    });
}

/// The next that the hand comes to of the class with the most pages; not that of `keep` unless it
/// is the only one.
PageIndex Shard::page_to_empty(Ref keep) const noexcept
{
    const auto kept = keep != no_ref ? pages_.page_of(keep) : no_page;
    const ClassHeader* most = nullptr;
    for (const auto& of : header_.classes) {
        const bool has_another = of.page_count > 1 || (of.page_count == 1 && of.pages != kept);
        if (has_another && (most == nullptr || of.page_count > most->page_count)) {
            most = &of;
        }
    }
    if (most == nullptr) {
        return kept;
    }
    const auto page = pages_.page_of(most->hand);
    return page != kept ? page : pages_.header(page).next;
}

void Shard::sweep(base::Seconds now, std::size_t looks) noexcept
{
    const auto time = short_time(now);
    for (std::size_t i = 0; i < looks; ++i) {
        const auto ref = header_.sweep;
        header_.sweep = pages_.next_of_all(ref);
        if (pages_.is_slot(ref) && is_live(pages_.slot(ref))) {
            look_at_age(ref, time);
        }
        if (header_.sweep <= ref) {
            header_.oldest_last_turn = header_.oldest_this_turn;
            header_.oldest_this_turn = no_ref;
        }
    }
}

void Shard::look_at_age(Ref ref, std::uint32_t now) noexcept
{
    const auto& slot = pages_.slot(ref);
    if (has_expired(slot, now)) {
        drop_for_room(ref, now);
    } else if (!is_tombstone(slot)) {
        header_.oldest_this_turn = std::min(header_.oldest_this_turn, slot.last_seen);
    }
}

} // namespace ciam::store
