#include "store/shard.hpp"

#include "store/one_shard.hpp"

#include <functional>
#include <vector>

using namespace ciam;
using namespace ciam::test;
using store::BlockIndex;
using store::Shard;
using Status = base::StoreReply::Status;

namespace {

void what_is_whole_is_found_after_a_rebuild(void**)
{
    const OneShard one;
    insert_others(one);
    const auto free_blocks = one.header().free_blocks;
    const auto version = one.find(3).record.version;
    one.shard().rebuild();
    assert_others_are_whole(one);
    assert_int_equal(one.header().records, others);
    assert_int_equal(one.header().free_blocks, free_blocks);
    assert_int_equal(one.header().rebuilt, 1);
    assert_int_equal(one.find(3).record.version, version);
    assert_sound(one);
}

void nothing_that_is_derived_is_trusted(void**)
{
    const OneShard one;
    insert_others(one);
    auto& header = *reinterpret_cast<store::ShardHeader*>(one.bytes());
    header.free_list = header.newest = header.oldest = 0xdead;
    header.free_blocks = 7;
    header.records = 7;
    std::fill_n(one.bytes() + sizeof(header), geometry.tables_bytes(), 0xa5);
    for (BlockIndex block = 0; block < geometry.blocks; ++block) {
        auto& head = one.head(block);
        if ((head.link & store::live_mark) != 0) {
            head.same_bucket = head.newer = head.older = 0xdead;
            head.tag_links[0] = head.tag_links[1] = {0xdead, 0xdead};
        }
    }
    one.shard().rebuild();
    assert_others_are_whole(one);
    assert_sound(one);
}

void a_record_with_a_changed_byte_is_dropped_alone(void**)
{
    const OneShard one;
    insert_others(one);
    one.insert(100, tagged(100, 300, 400));
    const auto first = one.block_of(100);
    const auto second = one.head(first).link & store::next_mask;
    const std::size_t places[] = {offsetof(store::RecordHead, version),
                                  offsetof(store::RecordHead, id),
                                  offsetof(store::RecordHead, idle_timeout),
                                  offsetof(store::RecordHead, limit),
                                  offsetof(store::RecordHead, checksum),
                                  sizeof(store::RecordHead),
                                  store::block_bytes - 1,
                                  (second - first) * store::block_bytes + 4,
                                  (second - first) * store::block_bytes + store::block_bytes - 1};
    for (const auto place : places) {
        one.insert(100, tagged(100, 300, 400));
        assert_int_equal(one.block_of(100), first);
        one.block_bytes(first)[place] ^= 1U;
        one.shard().rebuild();
        assert_false(one.has(100));
        assert_int_equal(one.header().records, others);
        assert_others_are_whole(one);
    }
    assert_sound(one);
}

void sizes_and_links_that_lead_nowhere_are_not_followed(void**)
{
    const OneShard one;
    insert_others(one);
    const std::function<void(store::RecordHead&)> damages[] = {
        [](auto& head) { head.hot_size = 0xffffffff; },
        [](auto& head) { head.cold_size = 0xffffffff; },
        [](auto& head) { head.tag_count = 3; },
        [](auto& head) { head.tag_count = 0xffffffff; },
        [](auto& head) { head.hot_size = 8; },
        [](auto& head) { head.link = store::live_mark | geometry.blocks; },
        [](auto& head) { head.link = store::live_mark | store::no_block; },
        [&](auto& head) { head.link = store::live_mark | one.block_of(100); },
        [&](auto& head) { head.link = store::live_mark | one.block_of(2); },
        [&](auto& head) {
            head.link = store::live_mark | (one.head(one.block_of(2)).link & store::next_mask);
        },
        [&](auto&) { one.head(one.last_block_of(100)).link = geometry.blocks; },
        [&](auto&) { one.head(one.last_block_of(100)).link = one.last_block_of(3); },
    };
    for (const auto& damage : damages) {
        assert_int_equal(one.insert(100, tagged(100, 300, 400)), Status::done);
        damage(one.head(one.block_of(100)));
        one.shard().rebuild();
        assert_false(one.has(100));
        assert_others_are_whole(one);
    }
    assert_sound(one);
}

/// What a death between the new record and the end of the old one leaves: both. The new one lies
/// before the old one in memory, or behind it.
void make_twins(const OneShard& one, bool new_is_before_old)
{
    one.insert(99, tagged(99, 300, 900));
    one.insert(100, tagged(100, 300, 400));
    if (new_is_before_old) {
        one.shard().remove(id_of(99));
    }
    const auto old = one.block_of(100);
    const std::vector<unsigned char> before(one.block_bytes(0), one.block_bytes(geometry.blocks));
    auto next = tagged(150, 200, 900);
    next.version = one.find(100).record.version;
    assert_int_equal(one.replace(100, next), Status::done);
    assert_true((one.block_of(100) < old) == new_is_before_old);
    for (auto block = old; block != store::no_block;
         block = one.head(block).link & store::next_mask) {
        std::copy_n(&before[block * store::block_bytes], store::block_bytes,
                    one.block_bytes(block));
    }
}

void of_two_with_one_id_the_newer_lives(void**)
{
    for (const bool new_is_before_old : {false, true}) {
        const OneShard one;
        insert_others(one);
        make_twins(one, new_is_before_old);
        one.shard().rebuild();
        assert_text(one.find(100).record.hot, text_of(150, 200));
        assert_int_equal(one.header().records, others + (new_is_before_old ? 1 : 2));
        assert_others_are_whole(one);
        one.shard().remove(id_of(100));
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
    reinterpret_cast<store::ShardHeader*>(one.bytes())->last_version = 0;
    one.shard().rebuild();
    one.shard().remove(id_of(100));
    one.insert(100, tagged(101, 100, 0));
    assert_true(one.find(100).record.version > version);
}

void the_order_of_use_survives(void**)
{
    const OneShard one;
    const std::uint64_t ages[] = {5, 2, 9, 0, 7, 1, 8, 3, 6, 4};
    for (const auto age : ages) {
        one.insert(age, tagged(age, 100, 0), start - static_cast<base::Seconds>(age) * 60);
    }
    one.shard().rebuild();
    std::uint64_t age = 0;
    for (auto block = one.header().newest; block != store::no_block;
         block = one.head(block).older) {
        assert_true(one.head(block).id == id_of(age));
        ++age;
    }
    assert_int_equal(age, 10);
    for (auto block = one.header().oldest; block != store::no_block;
         block = one.head(block).newer) {
        --age;
        assert_true(one.head(block).id == id_of(age));
    }
    assert_int_equal(age, 0);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(what_is_whole_is_found_after_a_rebuild),
        cmocka_unit_test(nothing_that_is_derived_is_trusted),
        cmocka_unit_test(a_record_with_a_changed_byte_is_dropped_alone),
        cmocka_unit_test(sizes_and_links_that_lead_nowhere_are_not_followed),
        cmocka_unit_test(of_two_with_one_id_the_newer_lives),
        cmocka_unit_test(versions_go_on_after_a_rebuild),
        cmocka_unit_test(the_order_of_use_survives),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
