#include "store/document_board.hpp"

#include "support/shared_memory.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <random>

#include "support/check.hpp"

#undef fail // of cmocka: the board has one of its own

using namespace ciam;
using namespace ciam::test;
using store::DocumentBoard;

namespace {

constexpr std::size_t subjects = 4;
constexpr std::size_t bytes_each = 100 * 1024;

class Board {
public:
    Board() { DocumentBoard::format(memory_.get(), subjects, bytes_each); }

    DocumentBoard here() const { return DocumentBoard{memory_.get()}; }
    DocumentBoard elsewhere() { return DocumentBoard{memory_.elsewhere()}; }

private:
    SharedMemory memory_{DocumentBoard::bytes_for(subjects, bytes_each)};
};

void a_subject_of_which_nothing_is_posted_has_no_text(void**)
{
    const Board board;
    assert_int_equal(board.here().generation(id_of(1)), 0);
    assert_false(board.here().read(id_of(1)).has_value());
    assert_int_equal(board.here().last_failure(id_of(1)).attempt, 0);
    assert_false(board.here().is_too_early(id_of(1), 0));
    assert_int_equal(board.here().generation(base::RecordId{}), 0);
}

void what_is_posted_is_read_by_all(void**)
{
    Board board;
    assert_true(board.here().post(id_of(1), "one", 77));
    assert_true(board.elsewhere().post(id_of(2), "another", 78));
    const auto one = board.elsewhere().read(id_of(1)).value();
    assert_text(one.text, "one");
    assert_int_equal(one.posted_at, 77);
    assert_int_equal(one.generation, board.here().generation(id_of(1)));
    const auto other = board.here().read(id_of(2)).value();
    assert_text(other.text, "another");
    assert_int_equal(other.generation, board.elsewhere().generation(id_of(2)));
    assert_true(one.generation != 0 && other.generation != 0);
}

void each_post_replaces_the_text_and_raises_the_generation(void**)
{
    const Board board;
    std::uint64_t generation = 0;
    for (const std::size_t size : {10U, 100000U, 9U, 0U, 50U}) {
        const std::string text(size, 'x');
        board.here().post(id_of(1), text, 1);
        const auto notice = board.here().read(id_of(1)).value();
        assert_text(notice.text, text);
        assert_true(notice.generation > generation);
        generation = notice.generation;
        assert_int_equal(board.here().generation(id_of(1)), generation);
    }
}

void a_text_that_is_too_long_leaves_the_old_one(void**)
{
    const Board board;
    assert_true(board.here().post(id_of(1), std::string(bytes_each, 'a'), 1));
    assert_true(board.here().post(id_of(2), "b", 1));
    const auto generation = board.here().generation(id_of(1));
    assert_false(board.here().post(id_of(1), std::string(bytes_each + 1, 'c'), 2));
    assert_int_equal(board.here().generation(id_of(1)), generation);
    assert_text(board.here().read(id_of(1))->text, std::string(bytes_each, 'a'));
    assert_text(board.here().read(id_of(2))->text, "b");
}

void the_last_slot_ends_where_the_memory_ends(void**)
{
    const auto bytes = DocumentBoard::bytes_for(2, 1000);
    const SharedMemory memory{bytes + 64};
    auto* end = static_cast<char*>(memory.get()) + bytes;
    *end = 'E';
    DocumentBoard::format(memory.get(), 2, 1000);
    DocumentBoard board{memory.get()};
    board.post(id_of(1), std::string(1000, 'a'), 1);
    board.post(id_of(2), std::string(1000, 'b'), 1);
    assert_int_equal(*end, 'E');
    assert_text(board.read(id_of(1))->text, std::string(1000, 'a'));
}

void only_one_gets_the_lease(void**)
{
    Board board;
    assert_true(board.here().take_lease(id_of(1), 1000, 2000));
    assert_false(board.here().take_lease(id_of(1), 1001, 2000));
    assert_false(board.elsewhere().take_lease(id_of(1), 1001, 2000));
    assert_false(board.elsewhere().take_lease(id_of(1), 1999, 3000));
    assert_true(board.here().take_lease(id_of(2), 1000, 2000));
}

void a_lease_ends_at_its_deadline(void**)
{
    const Board board;
    board.here().take_lease(id_of(1), 1000, 2000);
    assert_true(board.here().take_lease(id_of(1), 2000, 3000));
    assert_false(board.here().take_lease(id_of(1), 2999, 4000));
}

void a_lease_ends_with_the_post(void**)
{
    const Board board;
    board.here().take_lease(id_of(1), 1000, 2000);
    board.here().post(id_of(1), "text", 1);
    assert_false(board.here().is_too_early(id_of(1), 1500));
    assert_true(board.here().take_lease(id_of(1), 1500, 2000));
}

void a_failure_ends_the_lease_keeps_the_text_and_asks_to_wait(void**)
{
    const Board board;
    board.here().post(id_of(1), "text", 1);
    const auto generation = board.here().generation(id_of(1));
    board.here().take_lease(id_of(1), 1000, 2000);
    board.here().fail(id_of(1), 3, "the provider is away", 1800);
    assert_true(board.here().is_too_early(id_of(1), 1799));
    assert_false(board.here().take_lease(id_of(1), 1799, 3000));
    assert_false(board.here().is_too_early(id_of(1), 1800));
    assert_true(board.here().take_lease(id_of(1), 1800, 3000));
    assert_text(board.here().read(id_of(1))->text, "text");
    assert_int_equal(board.here().generation(id_of(1)), generation);
}

void every_failure_is_told_apart_from_the_one_before(void**)
{
    Board board;
    std::uint64_t attempt = 0;
    for (const int fault : {3, 4, 4}) {
        board.here().fail(id_of(1), fault, "reason " + std::to_string(fault), 1);
        const auto failure = board.elsewhere().last_failure(id_of(1));
        assert_true(failure.attempt > attempt);
        attempt = failure.attempt;
        assert_int_equal(failure.fault, fault);
        assert_text(failure.reason, "reason " + std::to_string(fault));
    }
    assert_int_equal(board.here().last_failure(id_of(2)).attempt, 0);
}

void a_long_reason_is_cut(void**)
{
    const Board board;
    board.here().fail(id_of(1), 1, std::string(500, 'r'), 1);
    assert_text(board.here().last_failure(id_of(1)).reason, std::string(200, 'r'));
    board.here().fail(id_of(1), 1, "", 1);
    assert_text(board.here().last_failure(id_of(1)).reason, "");
}

/// A process that has the lease of id_of(1) until it is killed.
pid_t start_holder(const Board& board, store::Milliseconds now)
{
    board.here().post(id_of(9), "not yet", 1);
    const auto before = board.here().generation(id_of(9));
    const auto child = start_process([&] {
        const bool taken = board.here().take_lease(id_of(1), now, 900000);
        board.here().post(id_of(9), "taken", 1);
        pause();
        return taken;
    });
    while (board.here().generation(id_of(9)) == before) {
        usleep(100);
    }
    return child;
}

void the_lease_of_a_dead_process_is_free(void**)
{
    const Board board;
    const auto child = start_holder(board, 1000);
    assert_false(board.here().take_lease(id_of(1), 1001, 900000));
    assert_false(board.here().is_too_early(id_of(1), 1001));
    kill_process(child);
    assert_true(board.here().take_lease(id_of(1), 1001, 900000));
}

void a_lease_is_not_for_who_has_not_seen_the_last_post(void**)
{
    const Board board;
    assert_true(board.here().take_lease(id_of(1), 1000, 2000, 0));
    board.here().post(id_of(1), "text", 5);
    assert_false(board.here().take_lease(id_of(1), 1001, 2000, 0));
    assert_false(board.here().is_too_early(id_of(1), 1001));
    assert_true(board.here().take_lease(id_of(1), 1001, 2000, board.here().generation(id_of(1))));
}

void a_failure_that_comes_late_does_not_end_the_lease_of_another(void**)
{
    const Board board;
    assert_true(board.here().take_lease(id_of(1), 1000, 1100));
    const auto child = start_holder(board, 2000);
    board.here().fail(id_of(1), 1, "late", 5000);
    assert_false(board.here().take_lease(id_of(1), 5001, 900000));
    assert_int_equal(board.here().last_failure(id_of(1)).attempt, 0);
    kill_process(child);
}

void a_subject_too_many_takes_the_slot_posted_longest_ago(void**)
{
    const Board board;
    for (std::uint64_t i = 0; i < subjects; ++i) {
        board.here().post(id_of(i), "text " + std::to_string(i), 1);
    }
    board.here().post(id_of(0), "again", 2);
    const auto before = board.here().generation(id_of(0));
    board.here().post(id_of(9), "nine", 3);
    assert_false(board.here().read(id_of(1)).has_value());
    assert_int_equal(board.here().generation(id_of(1)), 0);
    assert_text(board.here().read(id_of(0))->text, "again");
    assert_text(board.here().read(id_of(9))->text, "nine");
    assert_true(board.here().generation(id_of(9)) > before);
}

void a_slot_brings_nothing_from_its_last_subject(void**)
{
    const Board board;
    board.here().fail(id_of(0), 5, "reason", 100000);
    for (std::uint64_t i = 1; i < subjects; ++i) {
        board.here().post(id_of(i), "text", 1);
    }
    assert_true(board.here().take_lease(id_of(9), 1, 2));
    assert_int_equal(board.here().generation(id_of(9)), 0);
    assert_false(board.here().read(id_of(9)).has_value());
    assert_int_equal(board.here().last_failure(id_of(9)).attempt, 0);
    assert_text(board.here().last_failure(id_of(9)).reason, "");
}

void a_generation_does_not_come_back_with_the_subject(void**)
{
    const Board board;
    board.here().post(id_of(0), "text", 1);
    const auto before = board.here().generation(id_of(0));
    for (std::uint64_t i = 1; i <= subjects; ++i) {
        board.here().post(id_of(i), "text", 1);
    }
    assert_int_equal(board.here().generation(id_of(0)), 0);
    board.here().post(id_of(0), "text", 1);
    assert_true(board.here().generation(id_of(0)) > before);
}

void memory_of_another_shape_is_refused(void**)
{
    const SharedMemory memory{DocumentBoard::bytes_for(subjects, 1000)};
    assert_false(DocumentBoard::is_formatted(memory.get(), subjects, 1000));
    DocumentBoard::format(memory.get(), subjects, 1000);
    assert_true(DocumentBoard::is_formatted(memory.get(), subjects, 1000));
    assert_false(DocumentBoard::is_formatted(memory.get(), subjects + 1, 1000));
    assert_false(DocumentBoard::is_formatted(memory.get(), subjects, 999));
    static_cast<char*>(memory.get())[8] ^= 1; // another layout
    assert_false(DocumentBoard::is_formatted(memory.get(), subjects, 1000));
}

bool post_for_ever(DocumentBoard board, std::uint32_t seed)
{
    std::mt19937 random{seed};
    for (;;) {
        const auto subject = random() % 5; // one more than there are slots
        const auto text = text_of(random(), 8 + random() % (bytes_each - 8));
        if (random() % 4 == 0) {
            board.fail(id_of(subject), 1, "reason", 0);
        }
        board.take_lease(id_of(subject), 1, 2);
        if (!board.post(id_of(subject), text, 1)) {
            return false;
        }
    }
}

/// True when the text is whole and the generation is not older than `last`, which it becomes.
bool is_sound(const DocumentBoard& board, std::uint64_t subject, std::uint64_t& last)
{
    const auto notice = board.read(id_of(subject));
    const auto generation = board.generation(id_of(subject));
    if (!notice) {
        return true;
    }
    const bool sound = is_whole(notice->text) && notice->generation >= last &&
                       (generation == 0 || generation >= notice->generation);
    last = notice->generation;
    return sound;
}

bool read_until(const DocumentBoard& board, const std::atomic<bool>& stop)
{
    std::array<std::uint64_t, 5> last{};
    while (!stop) {
        for (std::uint64_t subject = 0; subject < last.size(); ++subject) {
            if (!is_sound(board, subject, last[subject])) {
                return false;
            }
        }
    }
    return true;
}

void nobody_reads_a_torn_text_though_those_who_post_are_killed(void**)
{
    const Board board;
    const SharedMemory flag{4096};
    auto& stop = *new (flag.get()) std::atomic<bool>{false};
    const auto reader = start_process([&] { return read_until(board.here(), stop); });
    std::array<std::uint64_t, 5> last{};
    const auto posted = [&last] { return *std::max_element(last.begin(), last.end()); };
    // On a busy machine many are killed before they have posted anything.
    for (std::uint32_t kill = 0; kill < 150 || (posted() <= 100 && kill < 5000); ++kill) {
        const auto child = start_process([&] { return post_for_ever(board.here(), kill); });
        usleep(500 + kill * 7 % 1000);
        kill_process(child);
        for (std::uint64_t subject = 0; subject < last.size(); ++subject) {
            assert_true(is_sound(board.here(), subject, last[subject]));
        }
    }
    stop = true;
    assert_true(ended_well(reader));
    assert_true(posted() > 100);
    assert_true(board.here().take_lease(id_of(1), 1, 2));
    assert_true(board.here().post(id_of(1), "text", 1));
    assert_text(board.here().read(id_of(1))->text, "text");
}

} // namespace

int main()
{
    alarm(120);
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_subject_of_which_nothing_is_posted_has_no_text),
        cmocka_unit_test(what_is_posted_is_read_by_all),
        cmocka_unit_test(each_post_replaces_the_text_and_raises_the_generation),
        cmocka_unit_test(a_text_that_is_too_long_leaves_the_old_one),
        cmocka_unit_test(the_last_slot_ends_where_the_memory_ends),
        cmocka_unit_test(only_one_gets_the_lease),
        cmocka_unit_test(a_lease_ends_at_its_deadline),
        cmocka_unit_test(a_lease_ends_with_the_post),
        cmocka_unit_test(a_failure_ends_the_lease_keeps_the_text_and_asks_to_wait),
        cmocka_unit_test(every_failure_is_told_apart_from_the_one_before),
        cmocka_unit_test(a_long_reason_is_cut),
        cmocka_unit_test(the_lease_of_a_dead_process_is_free),
        cmocka_unit_test(a_lease_is_not_for_who_has_not_seen_the_last_post),
        cmocka_unit_test(a_failure_that_comes_late_does_not_end_the_lease_of_another),
        cmocka_unit_test(a_subject_too_many_takes_the_slot_posted_longest_ago),
        cmocka_unit_test(a_slot_brings_nothing_from_its_last_subject),
        cmocka_unit_test(a_generation_does_not_come_back_with_the_subject),
        cmocka_unit_test(memory_of_another_shape_is_refused),
        cmocka_unit_test(nobody_reads_a_torn_text_though_those_who_post_are_killed),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
