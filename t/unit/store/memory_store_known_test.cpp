#include "store/memory_store.hpp"

#include "support/stored.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using Status = base::StoreReply::Status;

namespace {

constexpr std::size_t megabyte = 1024 * 1024;

void a_record_that_is_known_is_not_given_again(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    const auto record = record_of(1, 300, 100);
    asker.insert(id_of(1), record);
    base::FindRecord request{id_of(1), start, false};
    request.known = base::hot_mark(record.hot);
    assert_int_equal(asker.ask(request), Status::done);
    assert_true(asker.reply().is_known);
    assert_text(asker.record().hot, "");

    // Of who wants the cold part too, or knows another writing, nothing is spared.
    request.with_cold = true;
    assert_int_equal(asker.ask(request), Status::done);
    assert_false(asker.reply().is_known);
    assert_text(asker.record().hot, record.hot);
    request.with_cold = false;
    request.known->back() ^= 1;
    assert_int_equal(asker.ask(request), Status::done);
    assert_false(asker.reply().is_known);
    assert_text(asker.record().hot, record.hot);
}

void a_record_that_is_known_is_touched_and_ends_like_any_other(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    const auto record = record_of(1, 300);
    asker.insert(id_of(1), record);
    base::FindRecord request{id_of(1), start + a_day - 1, false};
    request.known = base::hot_mark(record.hot);
    assert_int_equal(asker.ask(request), Status::done);
    request.now = start + 2 * a_day - 2;
    assert_int_equal(asker.ask(request), Status::done);
    request.now = start + 3 * a_day - 2;
    assert_int_equal(asker.ask(request), Status::absent);
    assert_false(asker.reply().is_known);
}

void a_hot_part_shorter_than_a_mark_is_never_known(void**)
{
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    const auto record = record_of(1, 15);
    asker.insert(id_of(1), record);
    assert_false(base::hot_mark(record.hot).has_value());
    base::FindRecord request{id_of(1), start, false};
    request.known.emplace();
    record.hot.copy(request.known->data(), record.hot.size());
    assert_int_equal(asker.ask(request), Status::done);
    assert_false(asker.reply().is_known);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_record_that_is_known_is_not_given_again),
        cmocka_unit_test(a_record_that_is_known_is_touched_and_ends_like_any_other),
        cmocka_unit_test(a_hot_part_shorter_than_a_mark_is_never_known),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
