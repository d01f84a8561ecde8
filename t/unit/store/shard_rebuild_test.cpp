#include "store/shard.hpp"

#include "store/one_shard.hpp"

#include <functional>
#include <vector>

using namespace ciam;
using namespace ciam::test;
using store::Ref;
using store::Shard;
using Status = base::StoreReply::Status;

namespace {

void what_is_whole_is_found_after_a_rebuild(void**)
{
    const OneShard one;
    insert_others(one);
    const auto free_pages = one.header().free_page_count;
    const auto version = one.find(3).record.version;
    one.shard().rebuild();
    assert_others_are_whole(one);
    assert_int_equal(one.header().records, others);
    assert_int_equal(one.header().free_page_count, free_pages);
    assert_int_equal(one.header().counters.damaged, 0);
    assert_int_equal(one.find(3).record.version, version);
    assert_sound(one);
}

void nothing_that_is_derived_is_trusted(void**)
{
    const OneShard one;
    insert_others(one);
    auto& header = one.header();
    const auto counters = header.counters;
    std::memset(&header.free_pages, 0xa5,
                sizeof(header) - offsetof(store::ShardHeader, free_pages));
    header.counters = counters;
    one.each_slot([&](Ref ref) {
        auto& slot = one.slot(ref);
        slot.next = 0xdead;
        for (std::size_t i = 0; i < store::tag_count(slot); ++i) {
            slot.tags[i].previous = slot.tags[i].next = 0xdead;
        }
    });
    for (store::PageIndex page = 0; page < small_pages; ++page) {
        auto& page_header = one.shard().pages().header(page);
        page_header.used = page_header.free_slot = 0xdead;
        page_header.next = page_header.previous = 0xdead;
        page_header.next_partial = page_header.previous_partial = 0xdead;
    }
    one.shard().rebuild();
    assert_others_are_whole(one);
    assert_sound(one);
}

void a_record_whose_header_is_damaged_is_dropped_alone_and_counted(void**)
{
    const OneShard one;
    insert_others(one);
    std::uint64_t dropped = 0;
    for (std::size_t place = 1; place < offsetof(store::SlotHeader, tags) + 8; ++place) {
        if (place == offsetof(store::SlotHeader, last_seen)) {
            place = offsetof(store::SlotHeader, next); // when it was used does change
        }
        const bool may_change = place >= offsetof(store::SlotHeader, next) &&
                                place < offsetof(store::SlotHeader, id); // derived
        one.insert(100, tagged(100, 300, 400));
        reinterpret_cast<unsigned char*>(&one.slot(one.slot_of(100)))[place] ^= 1U;
        one.shard().rebuild();
        assert_true(one.has(100) == may_change);
        dropped += may_change ? 0 : 1;
        assert_int_equal(one.header().counters.damaged, dropped);
        assert_others_are_whole(one);
    }
    assert_sound(one);
}

void sizes_that_lead_out_of_the_slot_are_not_followed(void**)
{
    const OneShard one;
    insert_others(one);
    const std::function<void(store::SlotHeader&)> damages[] = {
        [](auto& slot) { slot.hot_size = 0xffff; },
        [](auto& slot) { slot.cold_size = 0xffff; },
        [](auto& slot) { slot.hot_size = slot.cold_size = 0xffff; },
        [](auto& slot) { slot.mark |= 3; }, // tags
        [](auto& slot) { slot.mark = ~std::uint64_t{0}; },
    };
    for (const auto& damage : damages) {
        assert_int_equal(one.insert(100, tagged(100, 300, 400)), Status::done);
        damage(one.slot(one.slot_of(100)));
        one.shard().rebuild();
        assert_false(one.has(100));
        assert_others_are_whole(one);
    }
    assert_sound(one);
}

void a_page_whose_header_is_damaged_is_free_with_all_in_it(void**)
{
    for (const std::uint64_t word :
         {std::uint64_t{0}, ~std::uint64_t{0}, store::layout_word(store::PageKind::slots, 0),
          store::layout_word(store::PageKind::slots, 100),
          store::layout_word(store::PageKind::slots, 128),
          store::layout_word(store::PageKind::slots, 0xffff),
          store::layout_word(store::PageKind::index, 4)}) {
        const OneShard one;
        insert_others(one);
        const auto page = one.shard().pages().page_of(one.slot_of(3));
        one.shard().pages().header(page).layout = word;
        one.shard().rebuild();
        assert_false(one.has(3));
        assert_true(one.header().records < others);
        assert_int_equal(one.insert(3, tagged(3, 100, 608)), Status::done);
        assert_true(one.has(3));
        assert_sound(one);
    }
}

/// What a death between the new record and the end of the old one leaves: both. The new one lies
/// before the old one in memory, or behind it.
void make_twins(const OneShard& one, bool new_is_before_old)
{
    auto small = tagged(150, 300, 400); // both sizes have a page, this one the first
    auto large = tagged(150, 200, 900);
    one.insert(100, new_is_before_old ? large : small);
    const auto old = one.slot_of(100);
    const auto before = one.slot(old);
    auto& next = new_is_before_old ? small : large;
    next.version = one.find(100).record.version;
    assert_int_equal(one.replace(100, next), Status::done);
    assert_true((one.slot_of(100) < old) == new_is_before_old);
    one.slot(old) = before;
}

void of_two_with_one_id_the_newer_lives(void**)
{
    for (const bool new_is_before_old : {false, true}) {
        const OneShard one;
        insert_others(one);
        make_twins(one, new_is_before_old);
        one.shard().rebuild();
        assert_text(one.find(100).record.hot, text_of(150, new_is_before_old ? 300 : 200));
        assert_int_equal(one.header().records, others + 1);
        assert_others_are_whole(one);
        one.shard().remove(store::short_id(id_of(100)));
        assert_false(one.has(100));
        one.shard().rebuild();
        assert_false(one.has(100));
        assert_sound(one);
    }
}

void versions_go_on_after_a_rebuild(void**)
{
    const OneShard one;
    one.insert(100, tagged(100, 100, 0));
    const auto version = one.find(100).record.version;
    one.header().counters.last_version = 0;
    one.shard().rebuild();
    one.shard().remove(store::short_id(id_of(100)));
    one.insert(100, tagged(101, 100, 0));
    assert_true(one.find(100).record.version > version);
}

void a_tombstone_survives_a_rebuild(void**)
{
    const OneShard one;
    one.shard().bury({id_of(700), start + 5, start, start + a_day});
    one.shard().rebuild();
    assert_int_equal(one.header().tombstones, 1);
    assert_true(one.shard().is_buried(id_of(700), start + 5, start));
    assert_false(one.shard().is_buried(id_of(700), start + 6, start));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(what_is_whole_is_found_after_a_rebuild),
        cmocka_unit_test(nothing_that_is_derived_is_trusted),
        cmocka_unit_test(a_record_whose_header_is_damaged_is_dropped_alone_and_counted),
        cmocka_unit_test(sizes_that_lead_out_of_the_slot_are_not_followed),
        cmocka_unit_test(a_page_whose_header_is_damaged_is_free_with_all_in_it),
        cmocka_unit_test(of_two_with_one_id_the_newer_lives),
        cmocka_unit_test(versions_go_on_after_a_rebuild),
        cmocka_unit_test(a_tombstone_survives_a_rebuild),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
