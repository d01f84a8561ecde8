#include "base/encoding.hpp"

#include <array>

#include "support/check.hpp"

using namespace ciam::base;
using ciam::test::assert_text;

namespace {

// RFC 4648 section 10
struct Vector {
    std::string bytes;
    std::string standard;
    std::string url;
};
const std::array vectors = {
    Vector{"", "", ""},
    Vector{"f", "Zg==", "Zg"},
    Vector{"fo", "Zm8=", "Zm8"},
    Vector{"foo", "Zm9v", "Zm9v"},
    Vector{"foob", "Zm9vYg==", "Zm9vYg"},
    Vector{"fooba", "Zm9vYmE=", "Zm9vYmE"},
    Vector{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    Vector{"\xFB\xFF\xBF", "+/+/", "-_-_"},
};

void base64_is_that_of_rfc_4648(void**)
{
    for (const Vector& vector : vectors) {
        assert_text(base64_encode(vector.bytes), vector.standard);
    }
}

void base64url_is_that_of_rfc_4648_without_padding(void**)
{
    for (const Vector& vector : vectors) {
        assert_text(base64url_encode(vector.bytes), vector.url);
        assert_text(base64url_decode(vector.url).value(), vector.bytes);
    }
}

void the_example_of_rfc_7515_appendix_c_is_encoded(void**)
{
    const std::string bytes{"\x03\xEC\xFF\xE0\xC1", 5};
    assert_text(base64url_encode(bytes), "A-z_4ME");
    assert_text(base64url_decode("A-z_4ME").value(), bytes);
}

void every_byte_survives_base64url(void**)
{
    std::string bytes;
    for (int i = 0; i < 256; i++) {
        bytes += static_cast<char>(i);
        assert_text(base64url_decode(base64url_encode(bytes)).value(), bytes);
    }
}

void base64url_with_padding_is_refused(void**)
{
    for (const char* text : {"Zg==", "Zg=", "Zm8=", "=", "====", "Zm9v====", "Z=g="}) {
        assert_false(base64url_decode(text).has_value());
    }
}

void base64url_with_foreign_characters_is_refused(void**)
{
    for (const char* text : {"Zm9+", "Zm/v", "Zm 9", " Zm9v", "Zm9v\n", "Zm9v ", "\tZm9",
                             "Zm9v\r\n", "Zm.v", "Zm,v", "Zm9\xC3"}) {
        assert_false(base64url_decode(text).has_value());
    }
    assert_false(base64url_decode(std::string_view{"Zm9\0", 4}).has_value());
}

void base64url_of_an_impossible_length_is_refused(void**)
{
    for (const char* text : {"A", "AAAAA", "Zm9vA"}) {
        assert_false(base64url_decode(text).has_value());
    }
}

void base64url_with_trailing_bits_is_refused(void**)
{
    // "Zg" and "Zm8" alone spell "f" and "fo".
    for (const char* text : {"Zh", "Zn", "Zm9", "Zm-", "Z_"}) {
        assert_false(base64url_decode(text).has_value());
    }
}

void percent_encoding_keeps_unreserved_characters_alone(void**)
{
    assert_text(percent_encode("AZaz09-._~"), "AZaz09-._~");
    assert_text(percent_encode("a b&c=d+/?%"), "a%20b%26c%3Dd%2B%2F%3F%25");
    assert_text(percent_encode({"\0\x1F\x7F\xFF", 4}), "%00%1F%7F%FF");
}

void percent_decoding_undoes_encoding(void**)
{
    std::string bytes;
    for (int i = 0; i < 256; i++) {
        bytes += static_cast<char>(i);
    }
    assert_text(percent_decode(percent_encode(bytes), false).value(), bytes);
    assert_text(percent_decode(percent_encode(bytes), true).value(), bytes);
    assert_text(percent_decode("%2f%2F%c3%A9", false).value(), "//\xC3\xA9");
}

void plus_is_a_space_only_where_asked(void**)
{
    assert_text(percent_decode("a+b%2Bc", true).value(), "a b+c");
    assert_text(percent_decode("a+b%2Bc", false).value(), "a+b+c");
}

void broken_percent_escapes_are_refused(void**)
{
    for (const char* text :
         {"%", "%4", "a%", "a%4", "%zz", "%4g", "%g4", "%%41", "% 41", "%-1", "%+1"}) {
        assert_false(percent_decode(text, true).has_value());
    }
}

void html_special_characters_become_references(void**)
{
    assert_text(html_escape(R"(<a href="x" id='y'>&amp;)"),
                "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;");
}

void json_strings_are_quoted(void**)
{
    assert_text(json_quote(""), R"("")");
    assert_text(json_quote("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
    assert_text(json_quote({"a\0b", 3}), R"("a\u0000b")");
    assert_text(json_quote("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
                "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
}

void invalid_utf8_in_json_becomes_the_replacement_character(void**)
{
    const std::string replacement = "\xEF\xBF\xBD";
    assert_text(json_quote("a\xFF"), "\"a" + replacement + "\"");
    assert_text(json_quote("\xC3"), "\"" + replacement + "\"");
    // Too long a form, a surrogate, beyond U+10FFFF.
    for (const char* text : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
        const std::string quoted = json_quote(text);
        assert_true(quoted.substr(1, 3) == replacement);
    }
    assert_text(json_quote("\xFF\xC3\xA9\xFFz"),
                "\"" + replacement + "\xC3\xA9" + replacement + "z\"");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(base64url_is_that_of_rfc_4648_without_padding),
        cmocka_unit_test(the_example_of_rfc_7515_appendix_c_is_encoded),
        cmocka_unit_test(every_byte_survives_base64url),
        cmocka_unit_test(base64url_with_padding_is_refused),
        cmocka_unit_test(base64url_with_foreign_characters_is_refused),
        cmocka_unit_test(base64url_of_an_impossible_length_is_refused),
        cmocka_unit_test(base64url_with_trailing_bits_is_refused),
        cmocka_unit_test(percent_encoding_keeps_unreserved_characters_alone),
        cmocka_unit_test(percent_decoding_undoes_encoding),
        cmocka_unit_test(plus_is_a_space_only_where_asked),
        cmocka_unit_test(broken_percent_escapes_are_refused),
        cmocka_unit_test(html_special_characters_become_references),
        cmocka_unit_test(json_strings_are_quoted),
        cmocka_unit_test(invalid_utf8_in_json_becomes_the_replacement_character),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
