#include "store/board_layout.hpp"

#include "store/document_board.hpp"

#include "support/shared_memory.hpp"

#include <cstring>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

#include "support/check.hpp"

#undef fail // of cmocka: the board has one of its own

using namespace ciam;
using namespace ciam::test;
using store::DocumentBoard;

namespace {

constexpr std::size_t many_slots = 4096;

class LargeBoard {
public:
    LargeBoard() { DocumentBoard::format(memory_.get(), many_slots, sizeof(std::uint64_t) * 4); }
    DocumentBoard here() const { return DocumentBoard{memory_.get()}; }

private:
    SharedMemory memory_{DocumentBoard::bytes_for(many_slots, sizeof(std::uint64_t) * 4)};
};

/// The words of a fingerprint; the first says where its slot may be.
base::RecordId fingerprint(std::uint64_t first, std::uint64_t second)
{
    const std::uint64_t words[4] = {first, second, 0, 0};
    base::RecordId id;
    std::memcpy(id.data(), words, sizeof(words));
    return id;
}

void thousands_of_subjects_have_a_text_each(void**)
{
    const LargeBoard board;
    std::mt19937_64 random{2000};
    std::vector<std::uint64_t> numbers(many_slots / 2);
    for (auto& number : numbers) {
        number = random();
        assert_true(board.here().post(fingerprint(number, 1), std::to_string(number), 1));
    }
    for (const auto number : numbers) {
        assert_text(board.here().read(fingerprint(number, 1)).value().text, std::to_string(number));
        assert_true(board.here().generation(fingerprint(number, 1)) != 0);
        assert_int_equal(board.here().generation(fingerprint(number, 2)), 0);
    }
}

void a_subject_whose_places_are_full_takes_one_of_them_and_no_other(void**)
{
    const LargeBoard board;
    constexpr std::uint64_t last = many_slots - 1; // its places go on at the beginning
    constexpr auto places = store::most_places;
    board.here().post(fingerprint(places, 0), "elsewhere", 1);
    for (std::uint64_t i = 0; i <= places; ++i) {
        board.here().post(fingerprint(last, i), std::to_string(i), 1);
    }
    assert_false(board.here().read(fingerprint(last, 0)).has_value());
    for (std::uint64_t i = 1; i <= places; ++i) {
        assert_text(board.here().read(fingerprint(last, i)).value().text, std::to_string(i));
    }
    assert_text(board.here().read(fingerprint(places, 0)).value().text, "elsewhere");
}

constexpr std::uint64_t long_texts = 67; // as many as 100 subjects have room for
constexpr std::size_t longest = store::most_blocks * store::block_bytes;

class CrowdedBoard {
public:
    CrowdedBoard() { DocumentBoard::format(memory_.get(), 100, longest); }
    DocumentBoard here() const { return DocumentBoard{memory_.get()}; }

private:
    SharedMemory memory_{DocumentBoard::bytes_for(100, longest)};
};

/// The numbers of those whose text is there.
std::vector<std::uint64_t> posted(const DocumentBoard& board, std::uint64_t count)
{
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto notice = board.read(fingerprint(i, 0));
        assert_int_equal(notice.has_value(), board.generation(fingerprint(i, 0)) != 0);
        if (notice) {
            assert_true(is_whole(notice->text));
            numbers.push_back(i);
        }
    }
    return numbers;
}

void a_text_without_room_takes_that_of_those_posted_longest_ago(void**)
{
    const CrowdedBoard board;
    for (std::uint64_t i = 0; i < long_texts; ++i) {
        assert_true(board.here().post(fingerprint(i, 0), text_of(i, longest), 1));
    }
    assert_int_equal(posted(board.here(), 100).size(), long_texts);
    board.here().post(fingerprint(0, 0), text_of(0, 100), 2);
    board.here().post(fingerprint(90, 0), text_of(90, longest), 2);
    assert_int_equal(posted(board.here(), 100).size(), long_texts + 1); // a short one has made room
    board.here().post(fingerprint(91, 0), text_of(91, longest), 3);
    board.here().post(fingerprint(92, 0), text_of(92, 100), 3);
    const auto left = posted(board.here(), 100);
    assert_int_equal(left.size(), long_texts + 2);
    assert_int_equal(left[0], 0);
    assert_int_equal(left[1], 2);
    assert_false(board.here().posted_at(fingerprint(1, 0)).has_value());
}

bool crowd_for_ever(DocumentBoard board, std::uint32_t seed)
{
    std::mt19937 random{seed};
    for (;;) {
        const auto subject = random() % 120; // more than there are slots
        board.post(fingerprint(subject, 0), text_of(random(), 8 + random() % (longest - 8)), 1);
    }
}

void no_room_is_lost_and_no_text_torn_though_those_who_post_are_killed(void**)
{
    const CrowdedBoard board;
    for (std::uint32_t kill = 0; kill < 60; ++kill) {
        const auto child = start_process([&] { return crowd_for_ever(board.here(), kill); });
        usleep(2000 + kill * 977 % 5000);
        kill_process(child);
        posted(board.here(), 120);
    }
    for (std::uint64_t i = 0; i < long_texts; ++i) {
        assert_true(board.here().post(fingerprint(i, 0), text_of(i, longest), 1));
    }
    assert_true(posted(board.here(), long_texts).size() == long_texts);
}

void the_time_of_a_post_is_known_while_its_text_is_there(void**)
{
    const LargeBoard board;
    assert_false(board.here().posted_at(fingerprint(7, 1)).has_value());
    board.here().fail(fingerprint(7, 1), 5, "reason", 100);
    assert_false(board.here().posted_at(fingerprint(7, 1)).has_value());
    board.here().post(fingerprint(7, 1), "text", 77);
    assert_int_equal(board.here().posted_at(fingerprint(7, 1)).value(), 77);
}

} // namespace

int main()
{
    alarm(120);
    const CMUnitTest tests[] = {
        cmocka_unit_test(thousands_of_subjects_have_a_text_each),
        cmocka_unit_test(a_subject_whose_places_are_full_takes_one_of_them_and_no_other),
        cmocka_unit_test(a_text_without_room_takes_that_of_those_posted_longest_ago),
        cmocka_unit_test(no_room_is_lost_and_no_text_torn_though_those_who_post_are_killed),
        cmocka_unit_test(the_time_of_a_post_is_known_while_its_text_is_there),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
