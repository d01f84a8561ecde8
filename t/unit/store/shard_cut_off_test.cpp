// A process dies at any instruction: what it leaves behind is what was there before, or after.
#include "store/shard.hpp"

#include "store/one_shard.hpp"
#include "support/single_step.hpp"

using namespace ciam;
using namespace ciam::test;
using store::Shard;
using Status = base::StoreReply::Status;

namespace {

/// Every so many instructions of `act` the shard is copied as it is, rebuilt and looked at.
template <class Act, class Look> void cut_off_anywhere(Act act, std::size_t step, Look look)
{
    const OneShard one;
    const OneShard left_behind;
    insert_others(one);
    one.insert(100, tagged(100, 300, 400));
    base::ReplaceRecord request{id_of(100), start, tagged(200, 500, 300)};
    request.record.version = one.find(100).record.version;
    auto shard = one.shard();
    std::size_t looks = 0;
    const auto look_at_copy = [&](std::size_t number) {
        if (number % step == 0) {
            std::copy_n(one.bytes(), geometry.shard_bytes, left_behind.bytes());
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
    cut_off_anywhere([](Shard& shard, const auto& request) { shard.remove(request.id); }, 1,
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

void an_eviction_cut_off_at_any_place_costs_no_more_than_it_has_to(void**)
{
    auto fewest = others + 1;
    const base::InsertRecord insertion{id_of(101), start, tagged(300, 4000, 300)};
    cut_off_anywhere([&](Shard& shard, const auto&) { shard.insert(insertion); }, 3,
                     [&](const OneShard& one) {
                         const auto inserted = one.find(101);
                         const bool is_there = inserted.status == Status::done;
                         assert_true(!is_there || is_whole(inserted.record));
                         const auto left = one.header().records - (is_there ? 1 : 0);
                         assert_true(left <= fewest); // nobody comes back
                         fewest = left;
                         for (std::uint64_t i = 0; i < others; ++i) { // the oldest goes first
                             assert_true(one.has(i) == (i + left >= others + 1));
                         }
                     });
    assert_in_range(fewest, 1, others - 1);
}

void a_replacement_that_evicts_keeps_the_old_until_the_new_is_there(void**)
{
    OldThenNew seen{0, {Status::done, 0}, {Status::done, 300}};
    base::ReplaceRecord replacement{id_of(0), start, tagged(300, 4000, 300)};
    replacement.record.version = 1; // the first of all, and the least recently used
    cut_off_anywhere([&](Shard& shard, const auto&) { shard.replace(replacement); }, 3,
                     [&](const OneShard& one) { seen.look(one); });
    assert_true(seen.is_last());
}

void a_removal_by_tag_cut_off_at_any_instruction_is_done_in_part(void**)
{
    std::size_t most = others + 1;
    cut_off_anywhere([](Shard& shard, const auto&) { shard.remove_tagged(id_of(2000)); }, 1,
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
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
