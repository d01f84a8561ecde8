#include "oidc/ascii.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;

namespace {

void letters_compare_without_regard_to_case(void**)
{
    assert_true(equal_ignoring_case("Bearer", "bEARER"));
    assert_true(equal_ignoring_case("AZaz09", "azAZ09"));
    assert_true(equal_ignoring_case("", ""));
}

void all_else_is_compared_exactly(void**)
{
    assert_false(equal_ignoring_case("Bearer", "Bearer "));
    assert_false(equal_ignoring_case("Bearer", "Beare"));
    assert_false(equal_ignoring_case("a", ""));
    assert_false(equal_ignoring_case("@", "`"));
    assert_false(equal_ignoring_case("[", "{"));
    assert_false(equal_ignoring_case("\xC3\x84", "\xC3\xA4"));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(letters_compare_without_regard_to_case),
        cmocka_unit_test(all_else_is_compared_exactly),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
