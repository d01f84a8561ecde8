#include "flow/fields.hpp"

#include <limits>

#include "support/check.hpp"

using namespace ciam;
using flow::FieldReader;
using flow::FieldWriter;

namespace {

void reads_back_what_was_written(void**)
{
    const std::string text = FieldWriter{}
                                 .number(7)
                                 .number(300)
                                 .bytes("raw")
                                 .field("")
                                 .field(std::string(200, 'x'))
                                 .take();
    FieldReader reader{text};
    assert_int_equal(reader.number(), 7);
    assert_int_equal(reader.number(), 300);
    assert_true(reader.bytes(3) == "raw");
    assert_true(reader.field().empty());
    assert_true(reader.field() == std::string(200, 'x'));
    assert_false(reader.has_more());
    assert_false(reader.failed());
}

void numbers_of_every_length_survive(void**)
{
    for (unsigned shift = 0; shift < 64; shift++) {
        for (const std::uint64_t value :
             {(std::uint64_t{1} << shift) - 1, std::uint64_t{1} << shift,
              std::numeric_limits<std::uint64_t>::max() >> shift}) {
            const std::string text = FieldWriter{}.number(value).take();
            FieldReader reader{text};
            assert_true(reader.number() == value);
            assert_false(reader.failed());
            assert_false(reader.has_more());
        }
    }
}

void a_small_number_takes_one_byte(void**)
{
    assert_int_equal(FieldWriter{}.number(127).take().size(), 1);
    assert_int_equal(FieldWriter{}.number(128).take().size(), 2);
}

void a_number_without_end_fails(void**)
{
    FieldReader empty{""};
    empty.number();
    assert_true(empty.failed());
    FieldReader cut{"\xFF\xFF"};
    cut.number();
    assert_true(cut.failed());
    const std::string endless(20, '\xFF');
    FieldReader reader{endless};
    reader.number();
    assert_true(reader.failed());
}

void a_field_longer_than_the_text_fails(void**)
{
    FieldReader reader{"\x05"
                       "four"};
    assert_true(reader.field().empty());
    assert_true(reader.failed());
}

void a_field_of_enormous_length_fails(void**)
{
    const std::string text =
        FieldWriter{}.number(std::numeric_limits<std::uint64_t>::max()).bytes("x").take();
    FieldReader reader{text};
    assert_true(reader.field().empty());
    assert_true(reader.failed());
}

void nothing_is_read_after_a_failure(void**)
{
    const std::string text = FieldWriter{}.number(100).field("there").take();
    FieldReader reader{text};
    reader.field();
    assert_true(reader.failed());
    assert_true(reader.field().empty());
    assert_false(reader.has_more());
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_was_written),
        cmocka_unit_test(numbers_of_every_length_survive),
        cmocka_unit_test(a_small_number_takes_one_byte),
        cmocka_unit_test(a_number_without_end_fails),
        cmocka_unit_test(a_field_longer_than_the_text_fails),
        cmocka_unit_test(a_field_of_enormous_length_fails),
        cmocka_unit_test(nothing_is_read_after_a_failure),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
