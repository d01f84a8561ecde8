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

/// One node with record 1 in both tiers.
struct World {
    World()
    {
        record.tags = {id_of(50)};
        assert_status(node.insert(id_of(1), record), Status::done);
        node.clock += 1;
        tier.asked.clear();
    }

    FakeTier tier;
    Node node{tier};
    base::Record record = record_of(7, 300, 900);
};

void what_one_node_inserts_another_finds(void**)
{
    World world;
    Node other{world.tier};
    assert_status(other.find(id_of(1)), Status::done);
    assert_text(other.reply.record.hot, world.record.hot);
    assert_text(other.reply.record.cold, world.record.cold);
}

void a_copy_is_used_without_asking(void**)
{
    World world;
    assert_status(world.node.find(id_of(1)), Status::done);
    assert_false(world.node.was_asked);
    assert_text(world.node.reply.record.hot, world.record.hot);
    assert_text(world.node.reply.record.cold, world.record.cold);
    assert_true(world.node.reply.record.version == world.tier.records[id_of(1)].version);
    assert_true(world.tier.asked.empty());
}

void a_copy_that_is_known_is_checked_all_the_same(void**)
{
    World world;
    base::FindRecord request{id_of(1), world.node.clock / 1000, false};
    request.known = base::hot_mark(world.record.hot);
    assert_status(world.node.ask(request), Status::done);
    assert_false(world.node.was_asked);
    assert_text(world.node.reply.record.hot, world.record.hot);
    assert_true(world.node.reply.record.version == world.tier.records[id_of(1)].version);
    world.node.clock += 60'000;
    world.tier.records.clear();
    assert_status(world.node.ask(request), Status::absent);
    assert_true(world.node.was_asked);
}

void a_copy_is_asked_for_after_the_recheck_time(void**)
{
    World world;
    world.node.clock += 60'000;
    world.tier.records.clear(); // FLUSHALL reports nothing
    assert_status(world.node.find(id_of(1)), Status::absent);
    assert_true(world.node.was_asked);
}

void a_copy_from_before_a_gap_is_asked_for(void**)
{
    World world;
    world.tier.records.clear();
    world.tier.since = world.node.clock + 5;
    world.node.clock += 10;
    assert_status(world.node.find(id_of(1)), Status::absent);
}

void a_copy_is_asked_for_while_nobody_reports_changes(void**)
{
    World world;
    world.tier.since = std::nullopt;
    assert_status(world.node.find(id_of(1)), Status::done);
    assert_true(world.node.was_asked);
}

void a_copy_that_was_confirmed_is_used_again_without_asking(void**)
{
    World world;
    world.node.clock += 60'000;
    assert_status(world.node.find(id_of(1)), Status::done);
    assert_true(world.node.was_asked);
    assert_text(world.node.reply.record.cold, world.record.cold);
    assert_status(world.node.find(id_of(1)), Status::done);
    assert_false(world.node.was_asked);
}

/// A worker that has just begun may put a copy into the memory that changed on its way.
void a_copy_from_who_did_not_listen_is_asked_for_by_who_did(void**)
{
    World world;
    Node other{world.tier};
    world.tier.since = std::nullopt;
    assert_status(other.find(id_of(1)), Status::done);
    world.tier.since = 1;
    other.clock += 5;
    assert_status(other.find(id_of(1)), Status::done);
    assert_true(other.was_asked);
    assert_status(other.find(id_of(1)), Status::done);
    assert_false(other.was_asked);
}

void a_reported_removal_ends_the_copy(void**)
{
    World world;
    world.tier.records.clear();
    world.node.store.changed({id_of(1), 0});
    assert_status(world.node.find(id_of(1)), Status::absent);
}

void a_reported_change_of_our_own_leaves_the_copy(void**)
{
    World world;
    world.node.store.changed({id_of(1), world.tier.records[id_of(1)].version});
    assert_status(world.node.find(id_of(1)), Status::done);
    assert_false(world.node.was_asked);
}

void a_reported_change_has_the_record_read_again(void**)
{
    World world;
    world.tier.records[id_of(1)] = record_of(8, 300, 900);
    world.tier.records[id_of(1)].version = 77;
    world.node.store.changed({id_of(1), 77});
    assert_status(world.node.find(id_of(1)), Status::done);
    assert_text(world.node.reply.record.hot, record_of(8, 300, 900).hot);
}

void an_answer_that_crossed_a_removal_is_not_used(void**)
{
    World world;
    Node other{world.tier};
    std::optional<Status> status;
    base::StoreReply reply;
    const auto pending =
        other.store.ask(base::FindRecord{id_of(1), start, false}, reply,
                        [&](const base::StoreReply& answer) { status = answer.status; });
    world.tier.records.clear(); // read by now, and removed before the answer arrives
    other.store.changed({id_of(1), 0});
    world.tier.answer();
    assert_true(status == Status::absent);
    assert_status(other.find(id_of(1)), Status::absent);
}

void many_who_want_one_record_ask_once(void**)
{
    World world;
    Node other{world.tier};
    int answers = 0;
    base::StoreReply reply;
    std::vector<std::unique_ptr<store::Pending>> pending;
    for (int i = 0; i < 5; ++i) {
        pending.push_back(other.store.ask(base::FindRecord{id_of(1), start, false}, reply,
                                          [&](const base::StoreReply& answer) {
                                              answers += answer.status == Status::done ? 1 : 0;
                                          }));
    }
    pending.erase(pending.begin()); // one leaves
    world.tier.answer();
    assert_int_equal(answers, 4);
    assert_int_equal(world.tier.asked.size(), 1);
}

base::FindRecord newest()
{
    return {id_of(1), start, true, true};
}

/// Another machine has just changed it, and its report is still on its way.
void the_newest_is_asked_for_whatever_copy_there_is(void**)
{
    World world;
    world.tier.records[id_of(1)].version ^= 1;
    world.tier.records[id_of(1)].hot = "newer";
    assert_status(world.node.ask(newest()), Status::done);
    assert_text(world.node.reply.record.hot, "newer");
    assert_status(world.node.find(id_of(1)), Status::done);
    assert_text(world.node.reply.record.hot, "newer");
}

void the_newest_is_not_what_was_asked_for_before(void**)
{
    World world;
    Node other{world.tier};
    std::vector<std::string> answers;
    const auto keep = [&](const base::StoreReply& answer) { answers.push_back(answer.record.hot); };
    base::StoreReply reply;
    const auto first = other.store.ask(base::FindRecord{id_of(1), start, true}, reply, keep);
    world.tier.records[id_of(1)].version ^= 1;
    world.tier.records[id_of(1)].hot = "newer";
    const auto second = other.store.ask(newest(), reply, keep);
    world.tier.answer();
    assert_int_equal(answers.size(), 2);
    assert_text(answers[0], "newer");
    assert_text(answers[1], "newer");
}

void a_copy_is_never_taken_for_the_newest(void**)
{
    World world;
    world.tier.fault = Tier::unavailable;
    assert_status(world.node.ask(newest()), Status::unavailable);
    world.tier.is_ready = false;
    assert_status(world.node.ask(newest()), Status::unavailable);
    assert_status(world.node.find(id_of(1)), Status::done);
}

void the_tier_hears_once_a_minute_that_a_record_is_used(void**)
{
    World world;
    world.node.store.changed({id_of(2), 0}); // of no interest
    auto copy = world.record;
    copy.idle_timeout = 40;
    assert_status(world.node.insert(id_of(3), copy), Status::done);
    world.tier.asked.clear();
    for (int second = 0; second < 21; ++second) {
        world.node.clock += 1000;
        assert_status(world.node.find(id_of(3)), Status::done);
        assert_false(world.node.was_asked);
        world.tier.answer();
    }
    assert_int_equal(world.tier.asked.size(), 1); // after half of the idle timeout
}

void a_record_is_replaced_in_both_tiers(void**)
{
    World world;
    assert_status(world.node.find(id_of(1)), Status::done);
    auto next = record_of(9, 200, 100);
    next.version = world.node.reply.record.version;
    assert_status(world.node.ask(base::ReplaceRecord{id_of(1), start, next}), Status::done);
    assert_text(world.tier.records[id_of(1)].hot, next.hot);
    assert_status(world.node.find(id_of(1)), Status::done);
    assert_false(world.node.was_asked);
    assert_text(world.node.reply.record.hot, next.hot);
}

void a_record_that_another_node_replaced_is_not_replaced(void**)
{
    World world;
    assert_status(world.node.find(id_of(1)), Status::done);
    auto next = record_of(9, 200, 100);
    next.version = world.node.reply.record.version;
    world.tier.records[id_of(1)].version = 77;
    assert_status(world.node.ask(base::ReplaceRecord{id_of(1), start, next}), Status::conflict);
    assert_status(world.node.find(id_of(1)), Status::done);
    assert_int_equal(world.node.reply.record.version, 77);
}

void a_record_that_is_gone_is_not_created_by_a_replace(void**)
{
    World world;
    auto next = record_of(9, 200, 100);
    next.version = world.tier.records[id_of(1)].version;
    world.tier.records.clear();
    assert_status(world.node.ask(base::ReplaceRecord{id_of(1), start, next}), Status::absent);
    assert_status(world.node.find(id_of(1)), Status::absent);
}

void removing_by_tag_reaches_both_tiers(void**)
{
    World world;
    assert_status(world.node.remove_tagged(id_of(50)), Status::done);
    assert_true(world.tier.records.empty());
    assert_status(world.node.find(id_of(1)), Status::absent);
    assert_int_equal(world.node.queue.size(), 0);
    // And a later login with the same tag is not taken for the old one.
    assert_status(world.node.insert(id_of(4), world.record), Status::done);
    assert_status(world.node.find(id_of(4)), Status::done);
}

void the_tier_is_told_how_many_and_when_issued(void**)
{
    World world;
    base::InsertRecord request{id_of(2), start, world.record, start - 30, 5};
    assert_status(world.node.ask(request), Status::done);
    assert_int_equal(world.tier.last_insert->issued_at, start - 30);
    assert_int_equal(world.tier.last_insert->most_in_group, 5);
    request = {id_of(3), start, world.record};
    assert_status(world.node.ask(request), Status::done);
    assert_int_equal(world.tier.last_insert->issued_at, start);
}

void copies_are_not_counted(void**)
{
    World world;
    for (std::uint64_t i = 2; i < 6; ++i) {
        assert_status(world.node.ask(base::InsertRecord{id_of(i), start, world.record, start, 1}),
                      Status::done);
    }
    assert_status(world.node.find(id_of(1)), Status::done);
    assert_false(world.node.was_asked);
}

/// A provider's logout that overtakes a login at another node.
void what_was_issued_before_its_group_ended_is_refused_at_every_node(void**)
{
    World world;
    Node other{world.tier};
    const base::RemoveTagged logout{id_of(50), start - 10, start, start + 600};
    assert_status(world.node.ask(logout), Status::done);
    base::InsertRecord login{id_of(2), start, world.record, start - 10};
    assert_status(other.ask(login), Status::ended);
    assert_status(world.node.ask(login), Status::ended);
    login.issued_at = start - 9;
    assert_status(other.ask(login), Status::done);
    login = {id_of(3), start + 600, world.record, start - 10};
    assert_status(other.ask(login), Status::done);
}

void removing_by_tag_leaves_what_was_issued_later(void**)
{
    World world; // issued at start
    assert_status(world.node.ask(base::InsertRecord{id_of(2), start, world.record, start - 60}),
                  Status::done);
    assert_status(world.node.ask(base::RemoveTagged{id_of(50), start - 1, start}), Status::done);
    assert_status(world.node.find(id_of(2)), Status::absent);
    assert_status(world.node.find(id_of(1)), Status::done);
    assert_false(world.node.was_asked);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(what_one_node_inserts_another_finds),
        cmocka_unit_test(a_copy_is_used_without_asking),
        cmocka_unit_test(a_copy_that_is_known_is_checked_all_the_same),
        cmocka_unit_test(a_copy_is_asked_for_after_the_recheck_time),
        cmocka_unit_test(a_copy_from_before_a_gap_is_asked_for),
        cmocka_unit_test(a_copy_is_asked_for_while_nobody_reports_changes),
        cmocka_unit_test(a_copy_that_was_confirmed_is_used_again_without_asking),
        cmocka_unit_test(a_copy_from_who_did_not_listen_is_asked_for_by_who_did),
        cmocka_unit_test(a_reported_removal_ends_the_copy),
        cmocka_unit_test(a_reported_change_of_our_own_leaves_the_copy),
        cmocka_unit_test(a_reported_change_has_the_record_read_again),
        cmocka_unit_test(an_answer_that_crossed_a_removal_is_not_used),
        cmocka_unit_test(many_who_want_one_record_ask_once),
        cmocka_unit_test(the_newest_is_asked_for_whatever_copy_there_is),
        cmocka_unit_test(the_newest_is_not_what_was_asked_for_before),
        cmocka_unit_test(a_copy_is_never_taken_for_the_newest),
        cmocka_unit_test(the_tier_hears_once_a_minute_that_a_record_is_used),
        cmocka_unit_test(a_record_is_replaced_in_both_tiers),
        cmocka_unit_test(a_record_that_another_node_replaced_is_not_replaced),
        cmocka_unit_test(a_record_that_is_gone_is_not_created_by_a_replace),
        cmocka_unit_test(removing_by_tag_reaches_both_tiers),
        cmocka_unit_test(the_tier_is_told_how_many_and_when_issued),
        cmocka_unit_test(copies_are_not_counted),
        cmocka_unit_test(what_was_issued_before_its_group_ended_is_refused_at_every_node),
        cmocka_unit_test(removing_by_tag_leaves_what_was_issued_later),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
