#include "store/memory_store.hpp"

#include "support/stored.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using Status = base::StoreReply::Status;

namespace {

constexpr std::size_t megabyte = 1024 * 1024;

void assert_status(Status actual, Status expected)
{
    assert_int_equal(actual, expected);
}

void what_was_inserted_is_found(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    auto record = record_of(7, 300, 900);
    record.idle_timeout = 1234;
    record.tags = {id_of(100), id_of(101)};
    assert_status(asker.insert(id_of(1), record), Status::done);
    assert_status(asker.find(id_of(1)), Status::done);
    assert_text(asker.record().hot, record.hot);
    assert_text(asker.record().cold, record.cold);
    assert_int_equal(asker.record().idle_timeout, 1234);
    assert_int_equal(asker.record().limit, record.limit);
    assert_true(asker.record().version != 0);
    assert_true(asker.record().tags == as_kept(record.tags));
}

void parts_of_every_size_come_back_whole(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    for (std::size_t hot = 8; hot < 1100; ++hot) {
        const std::size_t cold = hot % 3 == 0 ? 0 : 1108 - hot;
        auto record = record_of(hot, hot, cold);
        record.tags.assign(hot % 3, id_of(9));
        assert_status(asker.insert(id_of(hot), record), Status::done);
        assert_status(asker.find(id_of(hot)), Status::done);
        assert_text(asker.record().hot, record.hot);
        assert_text(asker.record().cold, record.cold);
        assert_status(asker.remove(id_of(hot)), Status::done);
    }
}

void empty_parts_are_parts(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    assert_status(asker.insert(id_of(1), record_of(1, 8)), Status::done);
    auto empty = record_of(1, 8);
    empty.hot.clear();
    assert_status(asker.insert(id_of(2), empty), Status::done);
    assert_status(asker.find(id_of(1)), Status::done);
    assert_status(asker.find(id_of(2)), Status::done);
    assert_text(asker.record().hot, "");
    assert_text(asker.record().cold, "");
}

void any_bytes_are_kept(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    auto record = record_of(1, 8);
    record.hot.clear();
    for (int i = 0; i < 1024; ++i) {
        record.hot.push_back(static_cast<char>(i));
    }
    asker.insert(id_of(1), record);
    asker.find(id_of(1));
    assert_text(asker.record().hot, record.hot);
}

void the_cold_part_comes_only_when_asked_for(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), record_of(1, 100, 700));
    asker.find(id_of(1));
    assert_int_equal(asker.record().cold.size(), 700);
    assert_status(asker.ask(base::FindRecord{id_of(1), start}), Status::done);
    assert_int_equal(asker.record().hot.size(), 100);
    assert_text(asker.record().cold, "");
}

void nothing_of_another_record_is_left_in_a_reply(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    auto record = record_of(1, 100, 700);
    record.tags = {id_of(8)};
    asker.insert(id_of(1), record);
    asker.find(id_of(1));
    assert_status(asker.find(id_of(2)), Status::absent);
    assert_text(asker.record().hot, "");
    assert_text(asker.record().cold, "");
    assert_true(asker.record().tags.empty());
    assert_int_equal(asker.record().version, 0);
}

void a_reply_is_used_again_without_new_memory(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), record_of(1, 900, 800));
    asker.insert(id_of(2), record_of(2, 400, 300));
    asker.find(id_of(1));
    const auto* hot = asker.record().hot.data();
    const auto* cold = asker.record().cold.data();
    const auto* tags = asker.record().tags.data();
    for (std::uint64_t i = 0; i < 6; ++i) {
        assert_status(asker.find(id_of(1 + i % 3)), i % 3 == 2 ? Status::absent : Status::done);
        assert_ptr_equal(asker.record().hot.data(), hot);
        assert_ptr_equal(asker.record().cold.data(), cold);
        assert_ptr_equal(asker.record().tags.data(), tags);
    }
}

void an_id_that_differs_in_one_byte_is_another(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), record_of(1, 50));
    for (std::size_t i = 0; i < 16; ++i) { // the store keeps no more; the seals bind all 32
        auto other = id_of(1);
        other[i] ^= 1U;
        assert_false(asker.has(other));
    }
}

void an_id_that_is_there_is_not_inserted_again(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), record_of(1, 50));
    assert_status(asker.insert(id_of(1), record_of(2, 60)), Status::conflict);
    asker.find(id_of(1));
    assert_text(asker.record().hot, text_of(1, 50));
    assert_int_equal(asker.status().records, 1);
}

void an_id_whose_record_has_expired_is_inserted_again(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), record_of(1, 50));
    assert_status(asker.insert(id_of(1), record_of(2, 60), start + a_day), Status::done);
    asker.find(id_of(1), start + a_day);
    assert_text(asker.record().hot, text_of(2, 60));
    assert_int_equal(asker.status().records, 1);
}

void a_replacement_of_the_version_that_was_read_is_taken(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), record_of(1, 300, 100));
    asker.find(id_of(1));
    auto next = record_of(2, 500, 20);
    next.version = asker.record().version;
    assert_status(asker.replace(id_of(1), next), Status::done);
    assert_status(asker.find(id_of(1)), Status::done);
    assert_text(asker.record().hot, next.hot);
    assert_text(asker.record().cold, next.cold);
    assert_true(asker.record().version != next.version);
    assert_int_equal(asker.status().records, 1);
}

void a_replacement_of_an_older_version_is_refused(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), record_of(1, 300));
    asker.find(id_of(1));
    auto next = record_of(2, 300);
    next.version = asker.record().version;
    asker.replace(id_of(1), next);
    next.hot = text_of(3, 300);
    assert_status(asker.replace(id_of(1), next), Status::conflict);
    asker.find(id_of(1));
    assert_text(asker.record().hot, text_of(2, 300));
}

void a_replacement_never_creates(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    assert_status(asker.replace(id_of(1), record_of(1, 300)), Status::absent);
    assert_false(asker.has(id_of(1)));
}

void a_version_does_not_come_back_after_a_removal(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), record_of(1, 300));
    asker.find(id_of(1));
    auto late = record_of(2, 300);
    late.version = asker.record().version;
    asker.remove(id_of(1));
    assert_status(asker.replace(id_of(1), late), Status::absent);
    asker.insert(id_of(1), record_of(3, 300));
    assert_status(asker.replace(id_of(1), late), Status::conflict);
}

void a_removed_record_is_gone_and_its_room_free(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    const auto before = asker.status();
    asker.insert(id_of(1), record_of(1, 300, 3000));
    assert_true(asker.status().bytes_used > before.bytes_used + 3300);
    assert_status(asker.remove(id_of(1)), Status::done);
    assert_false(asker.has(id_of(1)));
    assert_int_equal(asker.status().records, 0);
    assert_int_equal(asker.status().bytes_used, before.bytes_used);
    assert_status(asker.remove(id_of(1)), Status::done);
}

void an_untouched_record_goes_after_its_idle_timeout(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    auto record = record_of(1, 300);
    record.idle_timeout = 30;
    asker.insert(id_of(1), record);
    assert_true(asker.has(id_of(1), start + 29));
    assert_true(asker.has(id_of(1), start + 58));
    assert_false(asker.has(id_of(1), start + 88));
    assert_int_equal(asker.status().records, 0);
    assert_int_equal(asker.status().evicted_live, 0);
}

void a_record_goes_at_its_limit_touched_or_not(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    auto record = record_of(1, 300);
    record.limit = start + 100;
    asker.insert(id_of(1), record);
    assert_true(asker.has(id_of(1), start + 99));
    assert_false(asker.has(id_of(1), start + 100));
    assert_int_equal(asker.status().records, 0);
}

void a_replacement_touches_and_brings_its_own_times(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    auto record = record_of(1, 300);
    record.idle_timeout = 30;
    asker.insert(id_of(1), record);
    asker.find(id_of(1));
    record.version = asker.record().version;
    record.limit = start + 50;
    assert_status(asker.replace(id_of(1), record, start + 29), Status::done);
    assert_true(asker.has(id_of(1), start + 49));
    assert_false(asker.has(id_of(1), start + 50));
}

void an_expired_record_is_not_replaced(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), record_of(1, 300));
    asker.find(id_of(1));
    auto late = record_of(2, 300);
    late.version = asker.record().version;
    assert_status(asker.replace(id_of(1), late, start + a_day), Status::absent);
}

void a_clock_that_goes_back_ends_nothing(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), record_of(1, 300));
    assert_true(asker.has(id_of(1), start - 10 * a_day));
    assert_true(asker.has(id_of(1), start - 9 * a_day - 1));
}

void two_mappings_at_other_addresses_are_one_store(void**)
{
    Stored stored{megabyte};
    Asker one{stored.memory()};
    Asker other{stored.elsewhere()};
    assert_ptr_not_equal(stored.memory(), stored.elsewhere());
    for (std::uint64_t i = 0; i < 500; ++i) {
        auto record = record_of(i, 200, 200);
        record.tags = {id_of(1000 + i % 2)};
        assert_status((i % 3 == 0 ? one : other).insert(id_of(i), record), Status::done);
    }
    for (std::uint64_t i = 0; i < 500; ++i) {
        assert_true((i % 2 == 0 ? one : other).has(id_of(i)));
    }
    other.remove_tagged(id_of(1000));
    one.remove_tagged(id_of(1001));
    assert_int_equal(other.status().records, 0);
}

void tags_that_were_found_can_be_given_back(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    auto record = record_of(1, 300);
    record.tags = {id_of(100), id_of(101)};
    asker.insert(id_of(1), record);
    asker.find(id_of(1));
    const auto found = asker.record();
    assert_status(asker.replace(id_of(1), found), Status::done);
    asker.remove_tagged(id_of(101));
    assert_false(asker.has(id_of(1)));
}

void a_usual_session_takes_its_bytes_and_little_more(void**)
{
    const Stored stored{32 * megabyte};
    Asker asker{stored.memory()};
    constexpr std::uint64_t count = 80000;
    for (std::uint64_t i = 0; i < count; ++i) {
        auto record = record_of(i, 130 + i % 30, 70);
        record.tags = {id_of(i + 1000000), id_of(i + 2000000)};
        asker.insert(id_of(i), record);
    }
    const auto status = asker.status();
    assert_int_equal(status.records, count);
    const auto each = status.bytes_used / count;
    print_message("a session of 215 bytes with two tags: %zu bytes\n", each);
    assert_in_range(each, 215 + 84, 375);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(what_was_inserted_is_found),
        cmocka_unit_test(parts_of_every_size_come_back_whole),
        cmocka_unit_test(empty_parts_are_parts),
        cmocka_unit_test(any_bytes_are_kept),
        cmocka_unit_test(the_cold_part_comes_only_when_asked_for),
        cmocka_unit_test(nothing_of_another_record_is_left_in_a_reply),
        cmocka_unit_test(a_reply_is_used_again_without_new_memory),
        cmocka_unit_test(an_id_that_differs_in_one_byte_is_another),
        cmocka_unit_test(an_id_that_is_there_is_not_inserted_again),
        cmocka_unit_test(an_id_whose_record_has_expired_is_inserted_again),
        cmocka_unit_test(a_replacement_of_the_version_that_was_read_is_taken),
        cmocka_unit_test(a_replacement_of_an_older_version_is_refused),
        cmocka_unit_test(a_replacement_never_creates),
        cmocka_unit_test(a_version_does_not_come_back_after_a_removal),
        cmocka_unit_test(a_removed_record_is_gone_and_its_room_free),
        cmocka_unit_test(an_untouched_record_goes_after_its_idle_timeout),
        cmocka_unit_test(a_record_goes_at_its_limit_touched_or_not),
        cmocka_unit_test(a_replacement_touches_and_brings_its_own_times),
        cmocka_unit_test(an_expired_record_is_not_replaced),
        cmocka_unit_test(a_clock_that_goes_back_ends_nothing),
        cmocka_unit_test(two_mappings_at_other_addresses_are_one_store),
        cmocka_unit_test(tags_that_were_found_can_be_given_back),
        cmocka_unit_test(a_usual_session_takes_its_bytes_and_little_more),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
