#include "base/json.hpp"

#include <limits>

#include "support/check.hpp"

using namespace ciam::base;
using ciam::test::assert_text;
using ciam::test::contains;
using ciam::test::fault_of;
using ciam::test::message_of;

namespace {

Json parse(std::string_view text)
{
    return Json::parse_object(text, "answer");
}

bool is_refused(std::string_view text)
{
    return fault_of([&] { parse(text); }) == Fault::provider;
}

std::string nested(std::size_t levels, const std::string& open, const std::string& close)
{
    std::string text;
    for (std::size_t i = 0; i < levels; i++) {
        text += open;
    }
    text += "1";
    for (std::size_t i = 0; i < levels; i++) {
        text += close;
    }
    return text;
}

void members_are_read_by_type(void**)
{
    const Json json =
        parse(R"({"text":"a","number":7,"real":1.7e9,"yes":true,"no":false,"list":["x","y"]})");
    assert_text(json.string("text").value(), "a");
    assert_int_equal(json.integer("number").value(), 7);
    assert_int_equal(json.integer("real").value(), 1700000000);
    assert_true(json.boolean("yes").value());
    assert_false(json.boolean("no").value());
    assert_true((json.strings("list") == std::vector<std::string>{"x", "y"}));
    assert_true(json.strings("text") == std::vector<std::string>{"a"});
}

void absent_members_are_nothing(void**)
{
    const Json json = parse(R"({"Text":"a"})");
    assert_false(json.has("text"));
    assert_false(json.string("text").has_value());
    assert_false(json.integer("text").has_value());
    assert_false(json.boolean("text").has_value());
    assert_true(json.strings("text").empty());
}

void null_counts_as_absent(void**)
{
    const Json json = parse(R"({"a":null})");
    assert_false(json.has("a"));
    assert_false(json.string("a").has_value());
    assert_false(json.integer("a").has_value());
    assert_false(json.boolean("a").has_value());
    assert_true(json.strings("a").empty());
}

void a_member_of_another_type_is_an_error_that_names_it(void**)
{
    const Json json = parse(R"({"a":{"secret":1},"b":["x",1],"c":"1"})");
    assert_true(fault_of([&] { json.string("a"); }) == Fault::provider);
    assert_true(fault_of([&] { json.integer("a"); }) == Fault::provider);
    assert_true(fault_of([&] { json.integer("c"); }) == Fault::provider);
    assert_true(fault_of([&] { json.boolean("c"); }) == Fault::provider);
    assert_true(fault_of([&] { json.strings("a"); }) == Fault::provider);
    assert_true(fault_of([&] { json.strings("b"); }) == Fault::provider);
    const std::string message = message_of([&] { json.string("a"); });
    assert_true(contains(message, "answer") && contains(message, "\"a\""));
    assert_false(contains(message, "secret"));
}

void numbers_that_fit_no_integer_are_refused(void**)
{
    const Json json = parse(R"({"a":1e300,"b":-1e19,"c":9223372036854775807})");
    assert_true(fault_of([&] { json.integer("a"); }) == Fault::provider);
    assert_true(fault_of([&] { json.integer("b"); }) == Fault::provider);
    assert_true(json.integer("c").value() == std::numeric_limits<std::int64_t>::max());
    assert_true(is_refused(R"({"a":9223372036854775808})"));
    assert_true(is_refused(R"({"a":1e400})"));
}

void what_is_no_object_is_refused(void**)
{
    for (const char* text :
         {"", " ", "[]", "1", "\"a\"", "null", "true", "{", "}", "{}x", "{}{}", "{a:1}", "{'a':1}",
          R"({"a":01})", R"({"a":NaN})", R"({"a":1,})", "<html>"}) {
        assert_true(is_refused(text));
    }
    assert_false(is_refused(" {} \r\n"));
}

void a_member_that_comes_twice_is_refused(void**)
{
    assert_true(is_refused(R"({"a":1,"a":1})"));
    assert_true(is_refused(R"({"a":1,"\u0061":2})"));
    assert_true(is_refused(R"({"b":{"a":1,"a":2}})"));
}

void nul_characters_are_refused(void**)
{
    assert_true(is_refused(R"({"a":"x\u0000y"})"));
    assert_true(is_refused(R"({"a\u0000b":1})"));
    assert_true(is_refused(std::string_view{"{}\0", 3}));
    assert_true(is_refused(std::string_view{"{\"a\":\"\0\"}", 9}));
}

void invalid_utf8_is_refused(void**)
{
    assert_true(is_refused("{\"a\":\"\xFF\"}"));
    assert_true(is_refused("{\"a\":\"\xC0\xAF\"}"));
    assert_true(is_refused(R"({"a":"\ud800"})"));
    assert_text(parse(R"({"a":"\u00e9"})").string("a").value(), "\xC3\xA9");
}

void a_text_over_the_limit_is_refused(void**)
{
    const std::string text = R"({"a":"b"})";
    assert_true(fault_of([&] { Json::parse_object(text, "answer", text.size() - 1); }) ==
                Fault::provider);
    assert_text(Json::parse_object(text, "answer", text.size()).string("a").value(), "b");
    assert_true(is_refused("{\"a\":\"" + std::string(1 << 20, 'x') + "\"}"));
}

void depth_is_limited_to_32(void**)
{
    assert_false(is_refused(nested(32, R"({"a":)", "}")));
    assert_true(is_refused(nested(33, R"({"a":)", "}")));
    assert_false(is_refused(R"({"a":)" + nested(31, "[", "]") + "}"));
    assert_true(is_refused(R"({"a":)" + nested(32, "[", "]") + "}"));
    assert_true(is_refused(R"({"a":)" + nested(100000, "[", "]") + "}"));
    assert_true(is_refused(R"({"a":)" + std::string(1000000, '[')));
}

void breadth_is_no_depth(void**)
{
    std::string text = R"({"a":[[])";
    for (int i = 0; i < 10000; i++) {
        text += ",{}";
    }
    assert_false(is_refused(text + "]}"));
}

void errors_tell_place_and_reason_but_no_content(void**)
{
    const std::string message = message_of([] { parse(R"({"a":"hunter2" "b":1})"); });
    assert_true(message.rfind("answer ", 0) == 0);
    assert_true(contains(message, "byte"));
    assert_false(contains(message, "hunter2"));
    assert_false(contains(message, "b\""));
}

void a_copy_keeps_the_value_alive(void**)
{
    auto first = std::make_unique<Json>(parse(R"({"a":"b"})"));
    const Json second = *first;
    first.reset();
    assert_text(second.string("a").value(), "b");
    assert_text(second.what(), "answer");
    assert_non_null(second.get());
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(members_are_read_by_type),
        cmocka_unit_test(absent_members_are_nothing),
        cmocka_unit_test(null_counts_as_absent),
        cmocka_unit_test(a_member_of_another_type_is_an_error_that_names_it),
        cmocka_unit_test(numbers_that_fit_no_integer_are_refused),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(a_member_that_comes_twice_is_refused),
        cmocka_unit_test(nul_characters_are_refused),
        cmocka_unit_test(invalid_utf8_is_refused),
        cmocka_unit_test(a_text_over_the_limit_is_refused),
        cmocka_unit_test(depth_is_limited_to_32),
        cmocka_unit_test(breadth_is_no_depth),
        cmocka_unit_test(errors_tell_place_and_reason_but_no_content),
        cmocka_unit_test(a_copy_keeps_the_value_alive),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
