// A process dies at any instruction: what it leaves behind is what was there before, or after.
#include "store/shard.hpp"

#include "store/one_shard.hpp"
#include "support/single_step.hpp"

#include <algorithm>

using namespace ciam;
using namespace ciam::test;
using store::Shard;
using Status = base::StoreReply::Status;

namespace {

/// Every so many instructions of `act` the shard is copied as it is, rebuilt and looked at.
template <class Act, class Look, class Prepare>
void cut_off_anywhere(Act act, std::size_t step, Look look, Prepare prepare)
{
    const OneShard one;
    const OneShard left_behind;
    insert_others(one);
    one.insert(100, tagged(100, 300, 400));
    prepare(one);
    base::ReplaceRecord request{id_of(100), start, tagged(200, 500, 300)};
    request.record.version = one.find(100).record.version;
    auto shard = one.shard();
    std::size_t looks = 0;
    const auto look_at_copy = [&](std::size_t number) {
        if (number % step == 0) {
            std::copy_n(one.bytes(), shard_bytes, left_behind.bytes());
            left_behind.shard().rebuild();
            look(left_behind);
            assert_sound(left_behind);
            ++looks;
        }
    };
    if (step_through([&] { act(shard, request); }, look_at_copy) == 0) {
        print_message("this system lets no process be stepped\n");
        skip();
    }
    assert_true(looks > 50);
}

template <class Act, class Look> void cut_off_anywhere(Act act, std::size_t step, Look look)
{
    cut_off_anywhere(act, step, look, [](const OneShard&) {});
}

/// What is found under one id at first, and at last; never the first after the last.
class OldThenNew {
public:
    struct Found {
        Status status;
        std::uint64_t seed; // 0 when nothing is found
        bool operator==(const Found&) const = default;
    };

    OldThenNew(std::uint64_t number, Found first, Found last)
        : number_(number), first_(first), last_(last)
    {
    }

    void look(const OneShard& one)
    {
        const auto reply = one.find(number_);
        const bool is_there = reply.status == Status::done;
        assert_true(!is_there || is_whole(reply.record));
        const Found found{reply.status, is_there ? seed_of(reply.record.hot) : 0};
        is_last_ = is_last_ || found == last_;
        assert_true(found == (is_last_ ? last_ : first_));
    }
    bool is_last() const { return is_last_; }

private:
    std::uint64_t number_;
    Found first_;
    Found last_;
    bool is_last_ = false;
};

void a_replacement_cut_off_at_any_instruction_is_done_or_not_begun(void**)
{
    OldThenNew seen{100, {Status::done, 100}, {Status::done, 200}};
    cut_off_anywhere([](Shard& shard, const auto& request) { shard.replace(request); }, 1,
                     [&](const OneShard& one) {
                         assert_others_are_whole(one);
                         seen.look(one);
                     });
    assert_true(seen.is_last());
}

void an_insertion_cut_off_at_any_instruction_is_done_or_not_begun(void**)
{
    OldThenNew seen{101, {Status::absent, 0}, {Status::done, 300}};
    const base::InsertRecord insertion{id_of(101), start, tagged(300, 500, 300)};
    cut_off_anywhere([&](Shard& shard, const auto&) { shard.insert(insertion); }, 1,
                     [&](const OneShard& one) {
                         assert_others_are_whole(one);
                         seen.look(one);
                     });
    assert_true(seen.is_last());
}

void a_removal_cut_off_at_any_instruction_is_done_or_not_begun(void**)
{
    OldThenNew seen{100, {Status::done, 100}, {Status::absent, 0}};
    cut_off_anywhere(
        [](Shard& shard, const auto& request) { shard.remove(store::short_id(request.id)); }, 1,
        [&](const OneShard& one) {
            assert_others_are_whole(one);
            seen.look(one);
        });
    assert_true(seen.is_last());
}

void a_rebuild_cut_off_at_any_place_is_done_by_the_next(void**)
{
    cut_off_anywhere([](Shard& shard, const auto&) { shard.rebuild(); }, 47,
                     [](const OneShard& one) {
                         assert_others_are_whole(one);
                         assert_true(is_whole(one.find(100).record));
                     });
}

/// So many records that no page is free; number 100 among them.
void fill_up(const OneShard& one)
{
    for (std::uint64_t i = 300; one.header().counters.evicted_live == 0; ++i) {
        one.insert(i, tagged(i, 100, 2500));
    }
}

void an_eviction_cut_off_at_any_place_costs_no_more_than_it_has_to(void**)
{
    std::uint64_t first = 0;
    std::uint64_t fewest = 0;
    const base::InsertRecord insertion{id_of(101), start, tagged(301, 3500, 300)};
    cut_off_anywhere([&](Shard& shard, const auto&) { shard.insert(insertion); }, 3,
                     [&](const OneShard& one) {
                         const auto inserted = one.find(101);
                         const bool is_there = inserted.status == Status::done;
                         assert_true(!is_there || is_whole(inserted.record));
                         const auto left = one.header().records - (is_there ? 1 : 0);
                         first = std::max(first, left);
                         assert_true(fewest == 0 || left <= fewest); // nobody comes back
                         fewest = left;
                     },
                     fill_up);
    assert_in_range(fewest, first - 5, first - 1);
}

void a_replacement_that_evicts_keeps_the_old_until_the_new_is_there(void**)
{
    OldThenNew seen{100, {Status::done, 100}, {Status::done, 300}};
    cut_off_anywhere(
        [](Shard& shard, const auto& request) {
            auto larger = request;
            larger.record = tagged(300, 3000, 300);
            larger.record.version = request.record.version;
            shard.replace(larger);
        },
        3, [&](const OneShard& one) { seen.look(one); },
        [](const OneShard& one) {
            fill_up(one);
            one.shard().remove(store::short_id(id_of(100)));
            one.insert(100, tagged(100, 300, 400));
        });
    assert_true(seen.is_last());
}

void a_removal_by_tag_cut_off_at_any_instruction_is_done_in_part(void**)
{
    std::size_t most = others + 1;
    cut_off_anywhere(
        [](Shard& shard, const auto&) { shard.remove_tagged(store::short_tag(id_of(2000)), 0); }, 1,
        [&](const OneShard& one) {
            assert_true(one.header().records <= most);
            most = one.header().records;
            for (std::uint64_t i = 0; i < others; ++i) {
                const auto reply = one.find(i);
                assert_true(reply.status == Status::absent || is_whole(reply.record));
            }
        });
    assert_int_equal(most, 0);
}

void an_index_that_grows_may_be_cut_off_at_any_instruction(void**)
{
    const auto tiny = [](std::uint64_t number) {
        auto record = record_of(number, 8);
        record.tags = {id_of(2000)};
        return record;
    };
    OldThenNew seen{999, {Status::absent, 0}, {Status::done, 999}};
    cut_off_anywhere(
        [&](Shard& shard, const auto&) {
            shard.insert({id_of(999), start, tiny(999)});
        },
        5,
        [&](const OneShard& one) {
            seen.look(one);
            for (std::uint64_t i = 300; i < 560; i += 20) {
                assert_true(one.has(i));
            }
        },
        [&](const OneShard& one) {
            one.shard().remove_tagged(store::short_tag(id_of(2000)), 0); // for want of pages
            for (std::uint64_t i = 300; one.header().ids.buckets == store::header_buckets; ++i) {
                one.insert(i, tiny(i));
            }
        });
    assert_true(seen.is_last());
}

void a_burial_cut_off_at_any_instruction_is_done_or_not_begun(void**)
{
    bool was_buried = false;
    const base::RemoveTagged removal{id_of(2000), start, start, start + a_day};
    cut_off_anywhere([&](Shard& shard, const auto&) { shard.bury(removal); }, 1,
                     [&](const OneShard& one) {
                         assert_others_are_whole(one);
                         const bool is_buried = one.shard().is_buried(id_of(2000), start, start);
                         assert_true(is_buried || !was_buried);
                         was_buried = is_buried;
                         one.shard().sweep(start + 2 * a_day, 10000);
                         assert_int_equal(one.header().tombstones, 0);
                     });
    assert_true(was_buried);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_replacement_cut_off_at_any_instruction_is_done_or_not_begun),
        cmocka_unit_test(an_insertion_cut_off_at_any_instruction_is_done_or_not_begun),
        cmocka_unit_test(a_removal_cut_off_at_any_instruction_is_done_or_not_begun),
        cmocka_unit_test(a_rebuild_cut_off_at_any_place_is_done_by_the_next),
        cmocka_unit_test(an_eviction_cut_off_at_any_place_costs_no_more_than_it_has_to),
        cmocka_unit_test(a_replacement_that_evicts_keeps_the_old_until_the_new_is_there),
        cmocka_unit_test(a_removal_by_tag_cut_off_at_any_instruction_is_done_in_part),
        cmocka_unit_test(an_index_that_grows_may_be_cut_off_at_any_instruction),
        cmocka_unit_test(a_burial_cut_off_at_any_instruction_is_done_or_not_begun),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
