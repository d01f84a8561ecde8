#include "store/tiered_store.hpp"

#include "store/fake_tier.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using Status = base::StoreReply::Status;
using Tier = store::TierReply::Status;

namespace {

void assert_status(Status actual, Status expected)
{
    assert_int_equal(actual, expected);
}

/// One node with record 1 in both tiers, whose shared tier goes away.
struct World {
    World()
    {
        record.tags = {id_of(50)};
        assert_status(node.insert(id_of(1), record), Status::done);
        node.clock += 1;
    }

    void go_away()
    {
        tier.span = {1, node.clock};
        tier.since = std::nullopt;
        tier.is_ready = false;
    }
    void come_back()
    {
        tier.is_ready = true;
        tier.since = node.clock;
        node.clock += 1;
        node.store.work_off_deletions();
        tier.answer();
    }

    FakeTier tier;
    Node node{tier};
    base::Record record = record_of(7, 300, 900);
};

void copies_are_used_for_the_time_of_grace(void**)
{
    World world;
    world.node.clock += 30'000'000; // not used for hours, and no change was reported
    world.go_away();
    world.node.clock += 599'000;
    assert_status(world.node.find(id_of(1)), Status::done);
    assert_text(world.node.reply.record.hot, world.record.hot);
    world.node.clock += 1'000;
    assert_status(world.node.find(id_of(1)), Status::unavailable);
}

void grace_of_a_copy_from_before_a_gap_counts_from_its_last_check(void**)
{
    World world;
    world.go_away();
    world.tier.span = {world.node.clock + 500'000, world.node.clock + 590'000};
    world.node.clock += 595'000;
    assert_status(world.node.find(id_of(1)), Status::done);
    world.node.clock += 10'000;
    assert_status(world.node.find(id_of(1)), Status::unavailable);
}

void a_call_that_fails_leaves_the_copy_to_grace(void**)
{
    for (const auto fault : {Tier::unavailable, Tier::refused}) {
        World world;
        world.node.clock += 61'000;
        world.tier.fault = fault;
        assert_status(world.node.find(id_of(1)), Status::done);
        assert_true(world.node.was_asked);
        assert_text(world.node.reply.record.cold, world.record.cold);
    }
}

void what_is_not_here_can_not_be_known(void**)
{
    World world;
    world.go_away();
    assert_status(world.node.find(id_of(2)), Status::unavailable);
}

void nothing_is_inserted_by_half(void**)
{
    World world;
    world.tier.fault = Tier::unavailable; // perhaps it is there, perhaps not
    assert_status(world.node.insert(id_of(2), record_of(1, 50)), Status::unavailable);
    world.tier.fault = std::nullopt;
    world.tier.records[id_of(2)] = record_of(1, 50);
    world.node.store.work_off_deletions();
    world.tier.answer();
    assert_false(world.tier.records.contains(id_of(2)));
    world.go_away();
    assert_status(world.node.insert(id_of(3), record_of(1, 50)), Status::unavailable);
    assert_status(world.node.find(id_of(3)), Status::unavailable);
}

void a_removal_works_here_at_once_and_there_later(void**)
{
    World world;
    world.go_away();
    assert_status(world.node.remove(id_of(1)), Status::done);
    assert_false(world.node.was_asked);
    assert_status(world.node.find(id_of(1)), Status::absent);
    assert_int_equal(world.node.queue.size(), 1);
    assert_true(world.tier.records.contains(id_of(1)));
    world.node.clock += 6'000;
    world.come_back();
    assert_true(world.tier.records.empty());
    assert_int_equal(world.node.queue.size(), 0);
    assert_status(world.node.find(id_of(1)), Status::absent);
}

void a_removed_record_does_not_come_back_with_the_tier(void**)
{
    World world;
    world.go_away();
    world.node.remove(id_of(1));
    // Back already, but this deletion has not been sent yet.
    world.tier.is_ready = true;
    world.tier.since = world.node.clock;
    world.node.clock += 1;
    assert_status(world.node.find(id_of(1)), Status::absent);
}

void a_removal_by_tag_holds_for_records_that_are_fetched_later(void**)
{
    World world;
    world.tier.records[id_of(2)] = record_of(3, 80);
    world.tier.records[id_of(2)].tags = {id_of(50)};
    world.tier.records[id_of(2)].version = 5;
    world.go_away();
    assert_status(world.node.remove_tagged(id_of(50)), Status::done);
    assert_status(world.node.find(id_of(1)), Status::unavailable);
    world.tier.is_ready = true;
    world.tier.since = world.node.clock;
    assert_status(world.node.find(id_of(1)), Status::absent);
    assert_status(world.node.find(id_of(2)), Status::absent); // another node's, tagged alike
    world.node.clock += 6'000;
    world.come_back();
    assert_true(world.tier.records.empty());
}

void a_removal_by_tag_that_comes_late_leaves_who_has_logged_in_since(void**)
{
    World world;
    world.go_away();
    world.node.remove_tagged(id_of(50));
    world.node.clock += 900'000;
    world.tier.is_ready = true;
    world.tier.since = world.node.clock;
    Node other{world.tier};
    other.clock = world.node.clock;
    assert_status(other.insert(id_of(2), world.record), Status::done);
    assert_status(world.node.find(id_of(2)), Status::done); // though its tag is marked
    world.come_back();
    assert_false(world.tier.records.contains(id_of(1)));
    assert_status(world.node.find(id_of(2)), Status::done);
    assert_status(other.find(id_of(2)), Status::done);
}

void a_login_that_a_waiting_removal_is_about_is_refused(void**)
{
    World world;
    world.go_away();
    world.node.ask(base::RemoveTagged{id_of(50), start, start, start + 600});
    world.tier.is_ready = true; // and the deletion has not been sent yet
    assert_status(world.node.ask(base::InsertRecord{id_of(2), start, world.record, start}),
                  Status::ended);
    world.node.clock += 6'000;
    world.come_back();
    assert_true(world.tier.records.empty());
    assert_int_equal(world.tier.last_removal->keep_until, start + 600);
}

void a_removal_that_is_not_answered_is_sent_again(void**)
{
    World world;
    world.tier.fault = Tier::unavailable;
    assert_status(world.node.remove(id_of(1)), Status::done);
    assert_int_equal(world.node.queue.size(), 1);
    world.tier.fault = std::nullopt;
    world.node.store.work_off_deletions(); // too early: it may still be under way
    world.tier.answer();
    assert_true(world.tier.records.contains(id_of(1)));
    world.node.clock += 6'000;
    world.node.store.work_off_deletions();
    world.tier.answer();
    assert_true(world.tier.records.empty());
}

void nobody_is_told_of_a_removal_that_is_forgotten(void**)
{
    World world;
    world.go_away();
    for (std::uint64_t i = 10; i < 14; ++i) { // as many as the queue holds
        assert_status(world.node.remove(id_of(i)), Status::done);
    }
    assert_status(world.node.remove(id_of(1)), Status::unavailable);
    assert_status(world.node.find(id_of(1)), Status::absent); // here it has ended all the same
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(copies_are_used_for_the_time_of_grace),
        cmocka_unit_test(grace_of_a_copy_from_before_a_gap_counts_from_its_last_check),
        cmocka_unit_test(a_call_that_fails_leaves_the_copy_to_grace),
        cmocka_unit_test(what_is_not_here_can_not_be_known),
        cmocka_unit_test(nothing_is_inserted_by_half),
        cmocka_unit_test(a_removal_works_here_at_once_and_there_later),
        cmocka_unit_test(a_removed_record_does_not_come_back_with_the_tier),
        cmocka_unit_test(a_removal_by_tag_holds_for_records_that_are_fetched_later),
        cmocka_unit_test(a_removal_by_tag_that_comes_late_leaves_who_has_logged_in_since),
        cmocka_unit_test(a_login_that_a_waiting_removal_is_about_is_refused),
        cmocka_unit_test(a_removal_that_is_not_answered_is_sent_again),
        cmocka_unit_test(nobody_is_told_of_a_removal_that_is_forgotten),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
