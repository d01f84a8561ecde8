#include "flow/cookie_value.hpp"

#include <set>

#include "support/check.hpp"

using namespace ciam::flow;

namespace {

void a_new_value_has_the_shape_of_one(void**)
{
    for (int i = 0; i < 100; i++) {
        const std::string value = new_cookie_value();
        assert_int_equal(value.size(), 43);
        assert_true(is_cookie_value(value));
    }
}

void no_two_values_are_alike(void**)
{
    std::set<std::string> values;
    for (int i = 0; i < 100; i++) {
        values.insert(new_cookie_value());
    }
    assert_int_equal(values.size(), 100);
}

void another_length_is_no_value(void**)
{
    assert_false(is_cookie_value(""));
    assert_false(is_cookie_value(std::string(42, 'a')));
    assert_false(is_cookie_value(std::string(44, 'a')));
}

void a_character_outside_base64url_makes_it_no_value(void**)
{
    for (const char c : {'+', '/', '=', ' ', '"', ';', '\0', '\n', '\x80'}) {
        for (const std::size_t at : {0, 21, 42}) {
            std::string value(43, 'a');
            value[at] = c;
            assert_false(is_cookie_value(value));
        }
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_new_value_has_the_shape_of_one),
        cmocka_unit_test(no_two_values_are_alike),
        cmocka_unit_test(another_length_is_no_value),
        cmocka_unit_test(a_character_outside_base64url_makes_it_no_value),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
