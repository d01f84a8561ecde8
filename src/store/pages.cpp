#include "store/pages.hpp"

#include <algorithm>
#include <atomic>
#include <bit>

namespace ciam::store {
namespace {

unsigned log2_of(std::uint32_t power)
{
    return static_cast<unsigned>(std::countr_zero(power));
}

void set_layout(PageHeader& page, std::uint64_t word)
{
    std::atomic_ref{page.layout}.store(word, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

} // namespace

Pages::Pages(ShardHeader& shard, unsigned char* first, std::uint32_t shard_number,
             const Geometry& geometry) noexcept
    : shard_(shard), first_(first + std::size_t{shard_number} * geometry.page_bytes),
      page_shift_(log2_of(geometry.page_bytes) + log2_of(geometry.shards)),
      unit_shift_(log2_of(geometry.units()))
{
}

std::uint32_t Pages::slot_units(PageIndex page) const noexcept
{
    const auto word = header(page).layout;
    const auto units = static_cast<std::uint32_t>(word & 0xffffU);
    const bool is_ours = word == layout_word(PageKind::slots, units) && units != 0 &&
                         units < this->units() &&
                         SizeClass::of(units, this->units()).units == units;
    return is_ours ? units : 0;
}

bool Pages::take_free_page(PageIndex& page) noexcept
{
    page = shard_.free_pages;
    if (page == no_page) {
        return false;
    }
    shard_.free_pages = header(page).next;
    --shard_.free_page_count;
    return true;
}

PageIndex Pages::take_index_page() noexcept
{
    PageIndex page = no_page;
    if (take_free_page(page)) {
        set_layout(header(page), layout_word(PageKind::index, 0));
    }
    return page;
}

void Pages::give_back_page(PageIndex page) noexcept
{
    set_layout(header(page), layout_word(PageKind::free, 0));
    found_free(page);
}

void Pages::found_free(PageIndex page) noexcept
{
    header(page).next = shard_.free_pages;
    shard_.free_pages = page;
    ++shard_.free_page_count;
}

Ref Pages::take_slot(std::size_t class_number) noexcept
{
    auto& of = shard_.classes[class_number];
    const auto page = of.partial;
    if (page == no_page) {
        return no_ref;
    }
    auto& header = this->header(page);
    const auto taken = ref(page, header.free_slot);
    header.free_slot = static_cast<std::uint16_t>(slot(taken).next);
    ++header.used;
    if (header.free_slot == 0) {
        remove_partial(page, of);
    }
    return taken;
}

bool Pages::add_page(const SizeClass& size) noexcept
{
    PageIndex page = no_page;
    if (!take_free_page(page)) {
        return false;
    }
    cut(page, size);
    found_slots(page);
    return true;
}

/// Until the layout word is there the page is free, whatever is written in it.
void Pages::cut(PageIndex page, const SizeClass& size) noexcept
{
    auto& header = this->header(page);
    header.used = 0;
    header.free_slot = 0;
    const auto slots = (units() - 1) / size.units;
    for (auto i = slots; i-- > 0;) { // the first one is taken first
        const auto unit = 1 + i * size.units;
        auto& slot = this->slot(ref(page, unit));
        slot.mark = 0;
        slot.next = header.free_slot;
        header.free_slot = static_cast<std::uint16_t>(unit);
    }
    std::atomic_signal_fence(std::memory_order_seq_cst);
    set_layout(header, layout_word(PageKind::slots, size.units));
}

void Pages::found_slots(PageIndex page) noexcept
{
    auto& of = shard_.classes[class_of(page).number];
    add_to_ring(page, of);
    if (header(page).free_slot != 0) {
        add_partial(page, of);
    }
}

void Pages::give_back_slot(Ref ref) noexcept
{
    const auto page = page_of(ref);
    auto& header = this->header(page);
    auto& of = shard_.classes[class_of(page).number];
    if (header.free_slot == 0) {
        add_partial(page, of);
    }
    slot(ref).next = header.free_slot;
    header.free_slot = static_cast<std::uint16_t>(unit_of(ref));
    if (--header.used == 0) {
        remove_partial(page, of);
        remove_from_ring(page, of);
        give_back_page(page);
    }
}

Ref Pages::next_in_class(Ref ref) const noexcept
{
    const auto page = page_of(ref);
    const auto step = slot_units(page);
    const auto unit = unit_of(ref) + step;
    return unit + step <= units() ? this->ref(page, unit) : first_slot(header(page).next);
}

Ref Pages::next_of_all(Ref ref) const noexcept
{
    const auto page = page_of(ref);
    if (is_slot(ref)) {
        const auto next = ref + slot_units(page);
        if (page_of(next) == page && is_slot(next)) {
            return next;
        }
    }
    return first_slot(page + 1 < count() ? page + 1 : 0);
}

bool Pages::is_slot(Ref ref) const noexcept
{
    const auto page = page_of(ref);
    const auto step = page < count() ? slot_units(page) : 0;
    const auto unit = unit_of(ref);
    return step != 0 && unit != 0 && (unit - 1) % step == 0 && unit + step <= units();
}

void Pages::forget_lists() noexcept
{
    std::fill_n(shard_.classes, class_count, ClassHeader{no_page, no_page, 0, no_ref});
    shard_.free_pages = no_page;
    shard_.free_page_count = 0;
}

void Pages::add_to_ring(PageIndex page, ClassHeader& of) noexcept
{
    auto& header = this->header(page);
    if (of.page_count++ == 0) {
        header.next = header.previous = of.pages = page;
        of.hand = first_slot(page);
        return;
    }
    header.next = of.pages; // the last of the ring
    header.previous = this->header(of.pages).previous;
    this->header(header.previous).next = page;
    this->header(of.pages).previous = page;
}

void Pages::remove_from_ring(PageIndex page, ClassHeader& of) noexcept
{
    const auto& header = this->header(page);
    if (--of.page_count == 0) {
        of.pages = no_page;
        of.hand = no_ref;
        return;
    }
    this->header(header.next).previous = header.previous;
    this->header(header.previous).next = header.next;
    if (of.pages == page) {
        of.pages = header.next;
    }
    if (page_of(of.hand) == page) {
        of.hand = first_slot(header.next);
    }
}

void Pages::add_partial(PageIndex page, ClassHeader& of) noexcept
{
    auto& header = this->header(page);
    header.previous_partial = no_page;
    header.next_partial = of.partial;
    if (of.partial != no_page) {
        this->header(of.partial).previous_partial = page;
    }
    of.partial = page;
}

void Pages::remove_partial(PageIndex page, ClassHeader& of) noexcept
{
    const auto& header = this->header(page);
    if (header.next_partial != no_page) {
        this->header(header.next_partial).previous_partial = header.previous_partial;
    }
    (header.previous_partial != no_page ? this->header(header.previous_partial).next_partial
                                        : of.partial) = header.next_partial;
}

} // namespace ciam::store
