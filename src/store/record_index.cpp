#include "store/record_index.hpp"

#include "base/prefetch.hpp"

namespace ciam::store {
namespace {

constexpr std::uint32_t ids_in_a_bucket = 1;
constexpr std::uint32_t tags_in_a_bucket = 2;

} // namespace

void RecordIndex::add(Ref ref) noexcept
{
    add_id(ref);
    ids_.count_node();
    grow_ids();
    const auto tags = tag_count(pages_.slot(ref));
    for (TagRef i = 0; i < tags; ++i) {
        add_tag(ref * 2 + i);
        tags_.count_node();
        grow_tags();
    }
}

void RecordIndex::remove(Ref ref) noexcept
{
    const auto& slot = pages_.slot(ref);
    auto* place = &ids_.head(hash(slot.id));
    while (*place != ref) {
        place = &pages_.slot(*place).next;
    }
    *place = slot.next;
    ids_.discount_node();
    const auto tags = tag_count(slot);
    for (TagRef i = 0; i < tags; ++i) {
        remove_tag(ref * 2 + i);
        tags_.discount_node();
    }
}

Ref RecordIndex::find(const ShortId& id, std::size_t lines) const noexcept
{
    auto ref = ids_.head(hash(id));
    if (ref != no_ref) {
        base::prefetch(&pages_.slot(ref), lines);
    }
    while (ref != no_ref && pages_.slot(ref).id != id) {
        ref = pages_.slot(ref).next;
    }
    return ref;
}

TagRef RecordIndex::next_of(TagRef of) const noexcept
{
    const auto tag = tag_of(of);
    auto next = find_tag(tag, entry(of).next);
    while (next != no_ref && slot_of(next) == slot_of(of)) {
        next = find_tag(tag, entry(next).next);
    }
    return next;
}

TagRef RecordIndex::find_tag(Tag tag, TagRef from) const noexcept
{
    while (from != no_ref && tag_of(from) != tag) {
        from = entry(from).next;
    }
    return from;
}

void RecordIndex::add_id(Ref ref) noexcept
{
    auto& slot = pages_.slot(ref);
    auto& head = ids_.head(hash(slot.id));
    slot.next = head;
    head = ref;
}

void RecordIndex::add_tag(TagRef tag) noexcept
{
    auto& entry = this->entry(tag);
    auto& head = tags_.head(hash_of(tag_in(entry)));
    entry.previous = no_ref;
    entry.next = head;
    if (head != no_ref) {
        this->entry(head).previous = tag;
    }
    head = tag;
}

void RecordIndex::remove_tag(TagRef tag) noexcept
{
    const auto& entry = this->entry(tag);
    if (entry.next != no_ref) {
        this->entry(entry.next).previous = entry.previous;
    }
    (entry.previous != no_ref ? this->entry(entry.previous).next
                              : tags_.head(hash_of(tag_in(entry)))) = entry.next;
}

void RecordIndex::grow_ids() noexcept
{
    if (auto* head = ids_.grow(ids_in_a_bucket)) {
        auto ref = *head;
        *head = no_ref;
        while (ref != no_ref) {
            const auto next = pages_.slot(ref).next;
            add_id(ref);
            ref = next;
        }
    }
}

void RecordIndex::grow_tags() noexcept
{
    if (auto* head = tags_.grow(tags_in_a_bucket)) {
        auto tag = *head;
        *head = no_ref;
        while (tag != no_ref) {
            const auto next = entry(tag).next;
            add_tag(tag);
            tag = next;
        }
    }
}

} // namespace ciam::store
