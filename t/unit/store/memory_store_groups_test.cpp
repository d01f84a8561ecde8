// What is done to groups beside removing them: keeping their records out, and bounding their size.
#include "store/memory_store.hpp"

#include "support/stored.hpp"

#include <array>
#include <atomic>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using Status = base::StoreReply::Status;

namespace {

constexpr std::size_t many_shards = 8 * 1024 * 1024;
// Numbers of groups that no login has: a grave is found by the hash of its group.
constexpr std::uint64_t subject = std::uint64_t{5} << 60U;
constexpr std::uint64_t sid = std::uint64_t{6} << 60U;

base::InsertRecord login(std::uint64_t number, base::Seconds issued_at, base::Seconds now = start)
{
    auto record = record_of(number, 200, 100);
    record.tags = {id_of(subject), id_of(sid)};
    return {id_of(number), now, record, issued_at};
}

base::RemoveTagged logout(std::uint64_t tag, base::Seconds not_after)
{
    return {id_of(tag), not_after, start, start + 3600};
}

void a_login_that_is_older_than_the_logout_of_its_group_comes_too_late(void**)
{
    for (const auto tag : {subject, sid}) {
        const Stored stored{many_shards};
        Asker asker{stored.memory()};
        assert_int_equal(asker.ask(logout(tag, start - 10)), Status::done);
        assert_int_equal(asker.status().tombstones, 1);
        assert_int_equal(asker.ask(login(1, start - 11)), Status::ended);
        assert_int_equal(asker.ask(login(2, start - 10)), Status::ended);
        assert_false(asker.has(id_of(1)));
        assert_false(asker.has(id_of(2)));
        assert_int_equal(asker.ask(login(3, start - 9)), Status::done);
        assert_true(asker.has(id_of(3)));
    }
}

void a_login_whose_time_of_issue_is_not_known_counts_as_of_now(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    asker.ask(logout(subject, start));
    assert_int_equal(asker.ask(login(1, 0, start)), Status::ended);
    assert_int_equal(asker.ask(login(1, 0, start + 1)), Status::done);
}

void a_logout_spares_who_has_logged_in_since(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 100; ++i) {
        asker.ask(login(i, start - 50 + static_cast<base::Seconds>(i)));
    }
    asker.ask(logout(sid, start));
    for (std::uint64_t i = 0; i < 100; ++i) {
        assert_true(asker.has(id_of(i)) == (i > 50));
    }
}

void another_group_is_not_kept_out(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    asker.ask(logout(subject + 1, start));
    asker.ask(logout(1, start)); // named as the record is
    assert_int_equal(asker.ask(login(1, start - 100)), Status::done);
    assert_true(asker.has(id_of(1)));
}

void a_tombstone_is_no_record(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    asker.ask(logout(subject, start));
    assert_int_equal(asker.status().records, 0);
    assert_false(asker.has(id_of(subject)));
    assert_int_equal(asker.replace(id_of(subject), record_of(1, 100)), Status::absent);
    asker.remove(id_of(subject));
    assert_int_equal(asker.status().tombstones, 1);
    assert_int_equal(asker.ask(login(1, start)), Status::ended);
}

void a_tombstone_goes_after_its_time(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    const auto empty = asker.status().bytes_used;
    asker.ask(logout(subject, start));
    assert_int_equal(asker.ask(login(1, start, start + 3599)), Status::ended);
    assert_int_equal(asker.ask(login(1, start, start + 3600)), Status::done);
    asker.remove(id_of(1));
    asker.store().sweep(start + 3600, 10000);
    assert_int_equal(asker.status().tombstones, 0);
    assert_int_equal(asker.status().expired, 0); // of sessions
    assert_int_equal(asker.status().bytes_used, empty);
}

void of_two_logouts_the_later_counts_in_whatever_order_they_come(void**)
{
    for (const bool later_first : {false, true}) {
        const Stored stored{many_shards};
        Asker asker{stored.memory()};
        asker.ask(base::RemoveTagged{id_of(subject), start + (later_first ? 9 : 5), start,
                                     start + (later_first ? 900 : 500)});
        asker.ask(base::RemoveTagged{id_of(subject), start + (later_first ? 5 : 9), start,
                                     start + (later_first ? 500 : 900)});
        assert_int_equal(asker.status().tombstones, 1);
        assert_int_equal(asker.ask(login(1, start + 9, start + 899)), Status::ended);
        assert_int_equal(asker.ask(login(1, start + 10, start + 899)), Status::done);
    }
}

void a_removal_that_keeps_nobody_out_leaves_no_tombstone(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    asker.remove_tagged(id_of(subject));
    assert_int_equal(asker.status().tombstones, 0);
    assert_int_equal(asker.ask(login(1, start - 10)), Status::done);
}

void tombstones_make_room_for_each_other_and_never_keep_a_login_from_coming(void**)
{
    const Stored stored{store::MemoryStore::smallest};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 5000; ++i) {
        assert_int_equal(asker.ask(logout(i + 10000, start)), Status::done);
    }
    assert_in_range(asker.status().tombstones, 500, 1500);
    assert_int_equal(asker.ask(login(1, start)), Status::done);
    assert_true(asker.has(id_of(1)));
    assert_int_equal(asker.status().evicted_live, 0);
}

bool log_in_for_ever(void* memory, std::atomic<bool>& stop, std::uint64_t first)
{
    Asker asker{memory};
    for (auto i = first; !stop; ++i) {
        asker.ask(login(i, start));
    }
    return true;
}

void a_login_at_the_moment_of_the_logout_does_not_slip_through(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    const SharedMemory flag{sizeof(std::atomic<bool>)};
    auto& stop = *new (flag.get()) std::atomic<bool>{false};
    std::array<pid_t, 2> children{};
    for (std::size_t i = 0; i < children.size(); ++i) {
        children[i] =
            start_process([&] { return log_in_for_ever(stored.memory(), stop, i << 32U); });
    }
    while (asker.status().records < 100) {
        usleep(100);
    }
    asker.ask(logout(subject, start));
    usleep(20000);
    stop = true;
    for (const auto child : children) {
        assert_true(ended_well(child));
    }
    assert_int_equal(asker.status().records, 0);
}

base::InsertRecord bounded_login(std::uint64_t number, std::uint32_t most)
{
    auto request = login(number, start + static_cast<base::Seconds>(number));
    request.most_in_group = most;
    return request;
}

void the_oldest_of_a_group_go_when_it_grows_beyond_its_limit(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 50; ++i) {
        assert_int_equal(asker.ask(bounded_login(i, 3)), Status::done);
        for (std::uint64_t k = 0; k <= i; ++k) {
            assert_true(asker.has(id_of(k)) == (k + 3 > i));
        }
    }
    assert_int_equal(asker.status().records, 3);
    assert_int_equal(asker.status().evicted_live, 0);
}

void of_many_that_come_within_a_second_the_last_is_rarely_the_one_to_go(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    std::uint64_t kept = 0;
    for (std::uint64_t i = 0; i < 500; ++i) {
        auto request = login(i, start);
        request.most_in_group = 10;
        assert_int_equal(asker.ask(request), Status::done);
        kept += i > 0 && asker.has(id_of(i - 1)) ? 1U : 0U;
    }
    assert_int_equal(asker.status().records, 10);
    assert_true(kept > 400);
}

void a_limit_that_was_lowered_ends_all_that_are_too_many(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 20; ++i) {
        asker.ask(bounded_login(i, 0));
    }
    assert_int_equal(asker.status().records, 20);
    asker.ask(bounded_login(20, 2));
    assert_int_equal(asker.status().records, 2);
    assert_true(asker.has(id_of(19)));
    assert_true(asker.has(id_of(20)));
}

void the_newcomer_stays_even_when_its_time_of_issue_is_the_oldest(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    asker.ask(bounded_login(10, 1));
    asker.ask(bounded_login(5, 1));
    assert_false(asker.has(id_of(10)));
    assert_true(asker.has(id_of(5)));
}

void a_group_is_that_of_the_first_tag(void**)
{
    const Stored stored{many_shards};
    Asker asker{stored.memory()};
    asker.ask(bounded_login(1, 1));
    auto request = bounded_login(2, 1);
    request.record.tags = {id_of(subject + 1), id_of(sid)};
    asker.ask(request);
    assert_true(asker.has(id_of(1)));
    assert_true(asker.has(id_of(2)));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_login_that_is_older_than_the_logout_of_its_group_comes_too_late),
        cmocka_unit_test(a_login_whose_time_of_issue_is_not_known_counts_as_of_now),
        cmocka_unit_test(a_logout_spares_who_has_logged_in_since),
        cmocka_unit_test(another_group_is_not_kept_out),
        cmocka_unit_test(a_tombstone_is_no_record),
        cmocka_unit_test(a_tombstone_goes_after_its_time),
        cmocka_unit_test(of_two_logouts_the_later_counts_in_whatever_order_they_come),
        cmocka_unit_test(a_removal_that_keeps_nobody_out_leaves_no_tombstone),
        cmocka_unit_test(tombstones_make_room_for_each_other_and_never_keep_a_login_from_coming),
        cmocka_unit_test(a_login_at_the_moment_of_the_logout_does_not_slip_through),
        cmocka_unit_test(the_oldest_of_a_group_go_when_it_grows_beyond_its_limit),
        cmocka_unit_test(of_many_that_come_within_a_second_the_last_is_rarely_the_one_to_go),
        cmocka_unit_test(a_limit_that_was_lowered_ends_all_that_are_too_many),
        cmocka_unit_test(the_newcomer_stays_even_when_its_time_of_issue_is_the_oldest),
        cmocka_unit_test(a_group_is_that_of_the_first_tag),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
