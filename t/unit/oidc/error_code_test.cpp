#include "oidc/error_code.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using test::assert_text;

namespace {

void passes_on_codes_that_are_in_use(void**)
{
    for (const char* code : {"invalid_grant", "access_denied", "mfa_required", "AADSTS50058",
                             "urn:example:error-1.2", "x"}) {
        assert_text(error_code(code), code);
    }
}

void calls_all_else_unknown(void**)
{
    for (const char* text : {"", "two words", "a\nb", "a\"b", "a\\b", "<b>", "a&b", "\xC3\xA9",
                             "a\x7F", "a;b", "a/b"}) {
        assert_text(error_code(text), "unknown");
    }
    assert_text(error_code(std::string_view{"a\0b", 3}), "unknown");
}

void calls_what_is_longer_than_64_characters_unknown(void**)
{
    assert_text(error_code(std::string(64, 'a')), std::string(64, 'a'));
    assert_text(error_code(std::string(65, 'a')), "unknown");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(passes_on_codes_that_are_in_use),
        cmocka_unit_test(calls_all_else_unknown),
        cmocka_unit_test(calls_what_is_longer_than_64_characters_unknown),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
