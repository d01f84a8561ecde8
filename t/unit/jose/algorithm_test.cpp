#include "jose/algorithm.hpp"

extern "C" {
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
}

using namespace ciam::jose;

namespace {

void every_algorithm_is_found_by_its_name(void**)
{
    for (const char* name : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
                             "ES512", "EdDSA", "Ed25519", "HS256", "HS384", "HS512"}) {
        const auto algorithm = algorithm_from_name(name);
        assert_true(algorithm.has_value());
        assert_true(algorithm_name(*algorithm) == name);
    }
}

void none_in_any_spelling_is_no_algorithm(void**)
{
    for (const char* name : {"none", "None", "NONE", "nOnE", ""}) {
        assert_false(algorithm_from_name(name).has_value());
    }
}

void unsafe_algorithms_cannot_be_named(void**)
{
    for (const char* name : {"HS1", "RS1", "RSA1_5", "ES256K"}) {
        assert_false(algorithm_from_name(name).has_value());
    }
}

void names_are_compared_exactly(void**)
{
    for (const char* name : {"rs256", "RS256 ", " RS256", "RS25", "RS2566", "EDDSA"}) {
        assert_false(algorithm_from_name(name).has_value());
    }
    assert_false(algorithm_from_name(std::string_view{"RS256\0", 6}).has_value());
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_algorithm_is_found_by_its_name),
        cmocka_unit_test(none_in_any_spelling_is_no_algorithm),
        cmocka_unit_test(unsafe_algorithms_cannot_be_named),
        cmocka_unit_test(names_are_compared_exactly),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
