#include "base/cookie.hpp"

#include <vector>

#include "support/check.hpp"

using namespace ciam::base;
using ciam::test::assert_text;

namespace {

std::vector<std::string> values(std::string_view field, std::string_view name = "SID")
{
    CookieValues cookies{field, name};
    std::vector<std::string> found;
    while (const auto value = cookies.next()) {
        found.emplace_back(*value);
    }
    return found;
}

using Values = std::vector<std::string>;

void a_cookie_is_found_wherever_it_stands(void**)
{
    for (const char* field : {"SID=x", "SID=x; b=1", "a=1; SID=x", "a=1; SID=x; b=2",
                              "a=1;SID=x;b=2", "  SID=x  ", ";; SID=x;;", "a=1;\tSID=x\t;"}) {
        assert_true(values(field) == Values{"x"});
    }
}

void no_cookie_of_that_name_is_nothing(void**)
{
    for (const char* field : {"", ";", " ", "=", "SID", "SID;", "=SID", "a=SID", "a=b; SI=x"}) {
        assert_true(values(field).empty());
    }
}

void names_are_compared_exactly(void**)
{
    for (const char* field : {"sid=x", "Sid=x", "XSID=x", "SIDX=x", "SI=x", "__Host-SID=x",
                              "SID =x", "a=SID=x", "\"SID\"=x", "SID%3D=x"}) {
        assert_true(values(field).empty());
    }
    assert_true(values("SID=x", "__Host-SID").empty());
    assert_true(values("__Host-SID=x", "__Host-SID") == Values{"x"});
}

void a_second_cookie_of_the_name_is_seen_in_order(void**)
{
    assert_true((values("SID=evil; a=b; SID=good") == Values{"evil", "good"}));
    assert_true((values("SID=; SID=x; SID=x") == Values{"", "x", "x"}));
}

void a_value_is_given_as_it_came(void**)
{
    assert_true(values("SID=\"x\"") == Values{"\"x\""});
    assert_true(values("SID=a=b==") == Values{"a=b=="});
    assert_true(values("SID=a b") == Values{"a b"});
    assert_true(values("SID=%41") == Values{"%41"});
    assert_true(values("SID=a,SID=b") == Values{"a,SID=b"});
}

void a_semicolon_in_quotes_ends_the_value_all_the_same(void**)
{
    // RFC 6265 has no quoted strings: what a neighbour quotes cannot hide or make a cookie.
    assert_true(values("a=\"; SID=x; b=\"") == Values{"x"});
}

void values_point_into_the_field(void**)
{
    const std::string field = "a=1; SID=x";
    CookieValues cookies{field, "SID"};
    assert_ptr_equal(cookies.next()->data(), field.data() + 9);
    assert_false(cookies.next().has_value());
    assert_false(cookies.next().has_value());
}

void cookies_of_ours_are_taken_out_and_the_rest_stays_as_it_came(void**)
{
    const std::vector<std::string> ours{"SID", "__Host-SID"}; // sorted
    const auto rest = [&](std::string_view field) { return without_cookies(field, ours); };
    for (const char* field :
         {"SID=x", "SID=x;", "SID=", "  SID=x ; ", "SID=x; __Host-SID=y", "; SID=x"}) {
        assert_true(rest(field) == "");
    }
    assert_true(rest("a=1; SID=x; b=2") == "a=1; b=2");
    assert_true(rest("SID=x; a=1") == "a=1");
    assert_true(rest("a=1; SID=x") == "a=1");
    assert_true(rest("a=1;SID=x;b=\"2 3\";c") == "a=1;b=\"2 3\";c");
    assert_true(rest("SID=1; a=1; SID=2; __Host-SID=3; b==;; ") == "a=1; b==");
}

void a_field_without_cookies_of_ours_is_left_alone(void**)
{
    const std::vector<std::string> ours{"SID"};
    for (const char* field :
         {"", ";", "SID", "sid=x", "SID =x", "XSID=x", "a=SID=x", "a=1; b=2;", "\"SID\"=x"}) {
        assert_false(without_cookies(field, ours).has_value());
    }
    assert_false(without_cookies("SID=x", {}).has_value());
}

void a_cookie_is_set_with_all_attributes(void**)
{
    assert_text(set_cookie({"__Host-SID", true}, "x"),
                "__Host-SID=x; Path=/; Secure; HttpOnly; SameSite=Lax");
    assert_text(set_cookie({"SID", false}, "x"), "SID=x; Path=/; HttpOnly; SameSite=Lax");
}

void a_cookie_is_deleted_with_the_same_attributes(void**)
{
    assert_text(delete_cookie({"__Host-SID", true}),
                "__Host-SID=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    assert_text(delete_cookie({"SID", false}), "SID=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
}

void a_cookie_name_is_a_token(void**)
{
    for (const char* name : {"SID", "__Host-SID", "a.b", "A1!#$%&'*+-.^_`|~"}) {
        assert_true(is_cookie_name(name));
    }
    for (const char* name :
         {"", "a b", "a=b", "a;b", "a,b", "a\"b", "a(b", "a/b", "a\tb", "\xC3\xA9", "a\x7F", "a\\b",
          "[a]", "{a}", "a@b", "a?b", "a:b", "<a>"}) {
        assert_false(is_cookie_name(name));
    }
    assert_false(is_cookie_name(std::string_view{"a\0", 2}));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_is_found_wherever_it_stands),
        cmocka_unit_test(no_cookie_of_that_name_is_nothing),
        cmocka_unit_test(names_are_compared_exactly),
        cmocka_unit_test(a_second_cookie_of_the_name_is_seen_in_order),
        cmocka_unit_test(a_value_is_given_as_it_came),
        cmocka_unit_test(a_semicolon_in_quotes_ends_the_value_all_the_same),
        cmocka_unit_test(values_point_into_the_field),
        cmocka_unit_test(cookies_of_ours_are_taken_out_and_the_rest_stays_as_it_came),
        cmocka_unit_test(a_field_without_cookies_of_ours_is_left_alone),
        cmocka_unit_test(a_cookie_is_set_with_all_attributes),
        cmocka_unit_test(a_cookie_is_deleted_with_the_same_attributes),
        cmocka_unit_test(a_cookie_name_is_a_token),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
