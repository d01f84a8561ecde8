#include "flow/short_text.hpp"

#include <set>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::flow;
using test::assert_text;

namespace {

std::string written(std::string_view text)
{
    FieldWriter writer;
    write_short_text(writer, text);
    return writer.take();
}

std::string read(std::string_view bytes)
{
    FieldReader reader{bytes};
    std::string text;
    const auto found = ShortText::read(reader);
    found.add_to(text);
    assert_int_equal(found.size(), text.size());
    assert_false(reader.failed());
    assert_false(reader.has_more());
    return text;
}

void every_text_comes_back_exactly(void**)
{
    for (const std::string text : {"",
                                   "x",
                                   "Ann",
                                   "ann@example.com",
                                   "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                                   "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
                                   "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
                                   "f81d4fae-7dec-11d0-a765-00a0c91e6bf66",
                                   "f81d4fae07dec-11d0-a765-00a0c91e6bf6",
                                   "00000000",
                                   "0123456789abcdef",
                                   "0123456789abcdeF",
                                   "0123456789abcde",
                                   "abcdefghijklmnopqrstuvwxyz",
                                   "abcdefghijklmnopqrstuvwxyzA",
                                   "abcdefghijklmnopqrstu",
                                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
                                   "--------------------",
                                   "a text with spaces that is longer than twenty characters"}) {
        assert_text(read(written(text)), text);
    }
    for (std::size_t size = 0; size < 200; ++size) {
        assert_text(read(written(std::string(size, 'A'))), std::string(size, 'A'));
        assert_text(read(written(std::string(size, '0'))), std::string(size, '0'));
        assert_text(read(written(std::string(size, '\xff'))), std::string(size, '\xff'));
    }
}

void what_sessions_are_full_of_is_short(void**)
{
    assert_int_equal(written("f81d4fae-7dec-11d0-a765-00a0c91e6bf6").size(), 17);
    assert_int_equal(written("QWxsIHRoYXQgaXMgcmFuZG9tIGlzIGxvbmcA").size(), 28);
    assert_int_equal(written("0123456789abcdef0123456789abcdef").size(), 17);
    assert_int_equal(written("ann@example.com").size(), 16);
}

void claim_keys_come_back_exactly(void**)
{
    for (const std::string_view key :
         {"email", "sub", "tier", "", "e", "Email", "address.country", "a key of our own"}) {
        FieldWriter writer;
        write_claim_key(writer, key);
        const auto bytes = writer.take();
        FieldReader reader{bytes};
        assert_true(read_claim_key(reader) == key);
        assert_false(reader.failed() || reader.has_more());
    }
}

void a_standard_name_takes_one_byte(void**)
{
    for (const std::string_view key : {"sub", "email_verified", "phone_number", "tier"}) {
        FieldWriter writer;
        write_claim_key(writer, key);
        assert_int_equal(writer.take().size(), 1);
    }
}

// Sealed sessions name them by their place.
void the_order_of_names_has_not_changed(void**)
{
    const std::string begin = R"(","sub":"","email":"","email_verified":"","name":")";
    assert_text(std::string{claim_names_as_json().substr(0, begin.size())}, begin);
    FieldReader last{"\x7d"};
    assert_true(read_claim_key(last) == "tier");
}

void what_was_not_written_so_fails(void**)
{
    for (const std::string_view bytes :
         {"", "\x05xxxxx", "\x3dxxxxxxxxxxxxxxx", "\x20xx", "\xff"}) {
        FieldReader reader{bytes};
        ShortText::read(reader);
        assert_true(reader.failed());
    }
    for (const std::string_view bytes : {"", "\x7f", "\x04x", "\xff"}) {
        FieldReader reader{bytes};
        assert_true(read_claim_key(reader).empty());
        assert_true(reader.failed());
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_text_comes_back_exactly),
        cmocka_unit_test(what_sessions_are_full_of_is_short),
        cmocka_unit_test(claim_keys_come_back_exactly),
        cmocka_unit_test(a_standard_name_takes_one_byte),
        cmocka_unit_test(the_order_of_names_has_not_changed),
        cmocka_unit_test(what_was_not_written_so_fails),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
