#include "oidc/id_token_example.hpp"

#include <limits>

using namespace ciam;
using namespace ciam::test;

namespace {

constexpr base::Seconds largest = std::numeric_limits<base::Seconds>::max();
constexpr base::Seconds smallest = std::numeric_limits<base::Seconds>::min();

void accepts_exp_until_the_skew_is_used_up(void**)
{
    assert_accepted(good_claims().set("exp", now - skew + 1));
    assert_clock_refused(good_claims().set("exp", now - skew), "(exp)");
    assert_clock_refused(good_claims().set("exp", now - skew - 1), "(exp)");
}

void rejects_a_missing_exp_and_one_that_is_no_number(void**)
{
    assert_refused(good_claims().remove("exp"), "no exp");
    assert_refused(good_claims().set("exp", "null"), "no exp");
    assert_refused(good_claims().set("exp", "\"" + std::to_string(now + 300) + "\""), "exp");
    assert_refused(good_claims().set("exp", "true"), "exp");
}

void accepts_iat_in_the_future_within_the_skew(void**)
{
    assert_accepted(good_claims().set("iat", now + skew));
    assert_clock_refused(good_claims().set("iat", now + skew + 1), "future (iat)");
}

void rejects_an_iat_from_before_the_login(void**)
{
    assert_accepted(good_claims().set("iat", now - login_timeout - skew));
    assert_clock_refused(good_claims().set("iat", now - login_timeout - skew - 1), "before");
}

void rejects_a_missing_iat_and_one_that_is_no_number(void**)
{
    assert_refused(good_claims().remove("iat"), "no iat");
    assert_refused(good_claims().set("iat", "null"), "no iat");
    assert_refused(good_claims().set("iat", R"("now")"), "iat");
}

void accepts_nbf_in_the_future_within_the_skew(void**)
{
    assert_accepted(good_claims().set("nbf", now));
    assert_accepted(good_claims().set("nbf", now + skew));
    assert_clock_refused(good_claims().set("nbf", now + skew + 1), "(nbf)");
    assert_refused(good_claims().set("nbf", "\"0\""), "nbf");
}

void integers_of_absurd_size_do_not_overflow(void**)
{
    assert_accepted(good_claims().set("exp", largest).set("nbf", smallest));
    assert_refused(good_claims().set("exp", smallest), "(exp)");
    assert_refused(good_claims().set("iat", largest), "future (iat)");
    assert_refused(good_claims().set("iat", smallest), "before");
    assert_refused(good_claims().set("nbf", largest), "(nbf)");
    for (const char* name : {"exp", "iat", "nbf", "auth_time"}) {
        assert_refused(good_claims().set(name, "1e300"), name);
        assert_refused(good_claims().set(name, "99999999999999999999"), "number is too large");
    }
}

void accepts_times_written_as_real_numbers(void**)
{
    assert_accepted(good_claims().set("exp", "1.7000003e9").set("iat", "1.7e9"));
}

void requires_auth_time_to_be_a_number(void**)
{
    assert_accepted(good_claims().set("auth_time", now - 10));
    assert_refused(good_claims().set("auth_time", R"("yesterday")"), "auth_time");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(accepts_exp_until_the_skew_is_used_up),
        cmocka_unit_test(rejects_a_missing_exp_and_one_that_is_no_number),
        cmocka_unit_test(accepts_iat_in_the_future_within_the_skew),
        cmocka_unit_test(rejects_an_iat_from_before_the_login),
        cmocka_unit_test(rejects_a_missing_iat_and_one_that_is_no_number),
        cmocka_unit_test(accepts_nbf_in_the_future_within_the_skew),
        cmocka_unit_test(integers_of_absurd_size_do_not_overflow),
        cmocka_unit_test(accepts_times_written_as_real_numbers),
        cmocka_unit_test(requires_auth_time_to_be_a_number),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
