// Where a record finds its place, and who has to go when there is none.
#include "store/shard.hpp"

#include <algorithm>
#include <utility>

namespace ciam::store {
namespace {

constexpr std::size_t looks_for_victim = 32;

constexpr std::uint32_t tombstone_units = 2;
static_assert(offsetof(SlotHeader, tags) <= tombstone_units * unit_bytes);
constexpr std::uint32_t most_times_larger = 2; // a slot than what it is taken for
constexpr std::size_t part_for_tombstones = 4; // the fourth part

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
        make_room(size, now, keep);
    }
}

/// What is favoured goes only when there is nothing else.
void Shard::make_room(const SizeClass& size, std::uint32_t now, Ref& keep) noexcept
{
    const auto leaving = victim(size, now, keep);
    if (leaving != no_ref && !is_favoured(pages_.slot(leaving), now)) {
        return drop_for_room(leaving, now);
    }
    const auto limit = SizeClass::of(most_times_larger * tombstone_units, pages_.units()).number;
    const auto page = spares_tombstones() ? page_to_empty(keep, limit + 1, class_count)
                                          : page_to_empty(keep, 0, limit + 1);
    if (page == no_page && leaving != no_ref) {
        return drop_for_room(leaving, now);
    }
    const auto any = page != no_page ? page : page_to_empty(keep, 0, class_count);
    empty(any != no_page ? any : pages_.page_of(keep), now, keep);
}

/// Those who log in must not undo a logout by needing room, so records go before tombstones. But
/// nor must logouts take all of it: when they have more than their part, tombstones go before
/// records.
bool Shard::spares_tombstones() const noexcept
{
    const auto units = std::size_t{pages_.count()} * pages_.units();
    return header_.tombstones * tombstone_units <= units / part_for_tombstones;
}

bool Shard::is_favoured(const SlotHeader& slot, std::uint32_t now) const noexcept
{
    return is_tombstone(slot) == spares_tombstones() && !has_expired(slot, now);
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
    return free != no_ref ? free : slot_of_larger_class(size, most_times_larger * size.units);
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

/// Of the slots that the class's hand comes to: one that has expired, else the least recently used,
/// what is favoured after all others. no_ref when the class is too small to choose from.
Ref Shard::victim(const SizeClass& size, std::uint32_t now, Ref keep) noexcept
{
    auto& of = header_.classes[size.number];
    const auto slots = std::size_t{of.page_count} * ((pages_.units() - 1) / size.units);
    if (slots < std::min<std::size_t>(looks_for_victim / 4, pages_.count() / 8)) {
        return no_ref;
    }
    const auto worth = [&](const SlotHeader& slot) {
        return std::pair{is_favoured(slot, now), slot.last_seen};
    };
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
        if (found == no_ref || worth(slot) < worth(pages_.slot(found))) {
            found = ref;
        }
    }
    return found;
}

/// So that a page may change its class.
void Shard::empty(PageIndex page, std::uint32_t now, Ref& keep) noexcept
{
    pages_.each_slot(page, [&](Ref ref) {
        if (ref == keep) {
            drop(ref);
            keep = no_ref;
        } else if (is_live(pages_.slot(ref))) {
            drop_for_room(ref, now);
        }
    });
}

/// The next that the hand comes to of the class with the most pages, among the classes from `first`
/// to before `end`; not that of `keep`. no_page when there is none.
PageIndex Shard::page_to_empty(Ref keep, std::size_t first, std::size_t end) const noexcept
{
    const auto kept = keep != no_ref ? pages_.page_of(keep) : no_page;
    const ClassHeader* most = nullptr;
    for (auto number = first; number < end; ++number) {
        const auto& of = header_.classes[number];
        const bool has_another = of.page_count > 1 || (of.page_count == 1 && of.pages != kept);
        if (has_another && (most == nullptr || of.page_count > most->page_count)) {
            most = &of;
        }
    }
    if (most == nullptr) {
        return no_page;
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
