// What was asked of a login (max_age, acr_values) and what the ID token says of it.

#include "oidc/id_token_example.hpp"

using namespace ciam;
using namespace ciam::test;
using oidc::AskedAuthentication;

namespace {

constexpr base::Seconds asked_at = now - 600; // the customer took ten minutes

std::string refusal(const JsonText& claims, const AskedAuthentication& asked)
{
    const auto with = client();
    return message_of([&] {
        oidc::verify_id_token(jose::parse_jws(key().sign(claims.text())), keys(), with,
                              {.nonce = nonce,
                               .access_token = access_token,
                               .now = now,
                               .asked_at = asked_at,
                               .asked = asked});
    });
}

AskedAuthentication max_age(base::Seconds seconds)
{
    return {.max_age = seconds, .acr_values = "", .acr_is_essential = false};
}

AskedAuthentication acr_values(const std::string& values)
{
    return {.max_age = std::nullopt, .acr_values = values, .acr_is_essential = false};
}

void accepts_a_login_that_is_young_enough(void**)
{
    for (const base::Seconds time : {asked_at - 300 - skew, asked_at, now, now + skew}) {
        assert_text(refusal(good_claims().set("auth_time", time), max_age(300)), "");
    }
}

/// The time that the customer takes at the provider, and max_age=0, are no reason to refuse.
void counts_from_when_the_customer_was_sent_away(void**)
{
    assert_text(refusal(good_claims().set("auth_time", asked_at + 1), max_age(0)), "");
    assert_true(contains(refusal(good_claims().set("auth_time", asked_at - skew - 1), max_age(0)),
                         "older than"));
}

void rejects_a_login_that_is_too_old(void**)
{
    for (const base::Seconds time : {asked_at - 300 - skew - 1, base::Seconds{0}}) {
        assert_true(contains(refusal(good_claims().set("auth_time", time), max_age(300)),
                             "older than max_age"));
    }
}

void rejects_a_missing_auth_time_where_max_age_was_asked(void**)
{
    assert_true(contains(refusal(good_claims(), max_age(300)), "no auth_time"));
    assert_text(refusal(good_claims(), {}), "");
}

void rejects_a_login_in_the_future(void**)
{
    assert_true(
        contains(refusal(good_claims().set("auth_time", now + skew + 1), {}), "check the clocks"));
}

void rejects_an_auth_time_that_is_no_number(void**)
{
    assert_true(contains(refusal(good_claims().set("auth_time", "\"evil\""), {}), "auth_time"));
}

void accepts_every_acr_that_was_asked(void**)
{
    for (const char* acr : {"\"gold\"", "\"urn:silver\""}) {
        assert_text(refusal(good_claims().set("acr", acr), acr_values("gold urn:silver")), "");
    }
    assert_text(refusal(good_claims().set("acr", "\"bronze\""), {}), "");
}

void rejects_an_acr_that_was_not_asked(void**)
{
    for (const char* acr : {"\"bronze\"", "\"gol\"", "\"gold \"", "\"gold urn:silver\"", "\"\""}) {
        assert_true(contains(refusal(good_claims().set("acr", acr), acr_values("gold urn:silver")),
                             "not asked"));
    }
    assert_true(contains(refusal(good_claims().set("acr", "1"), acr_values("1")), "acr"));
}

void rejects_a_missing_acr_where_one_was_asked(void**)
{
    assert_true(contains(refusal(good_claims(), acr_values("gold")), "no acr"));
}

AskedAuthentication essential(const std::string& values)
{
    return {.max_age = std::nullopt, .acr_values = values, .acr_is_essential = true};
}

// OIDC Core 5.5.1.1
void an_acr_that_is_essential_has_to_be_there(void**)
{
    for (const char* values : {"", "gold", "gold silver"}) {
        assert_text(refusal(good_claims().set("acr", "\"gold\""), essential(values)), "");
        assert_true(contains(refusal(good_claims(), essential(values)), "no acr"));
        assert_true(contains(refusal(good_claims().set("acr", "\"\""), essential(values)), "acr"));
    }
    assert_true(contains(refusal(good_claims().set("acr", "\"bronze\""), essential("gold silver")),
                         "not asked for (claims)"));
}

/// NGINX Plus' acr_values are a wish; the same value is none where claims asks for it as essential.
void an_acr_that_is_essential_is_never_a_wish_alone(void**)
{
    auto with = client();
    with.extra_auth_args.add("acr_values", "gold");
    const auto verify = [&](const AskedAuthentication& asked) {
        return message_of([&] {
            oidc::verify_id_token(jose::parse_jws(key().sign(good_claims().text())), keys(), with,
                                  {.nonce = nonce,
                                   .access_token = access_token,
                                   .now = now,
                                   .asked_at = asked_at,
                                   .asked = asked});
        });
    };
    assert_text(verify(acr_values("gold")), "");
    assert_true(contains(verify(essential("gold")), "no acr"));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(accepts_a_login_that_is_young_enough),
        cmocka_unit_test(counts_from_when_the_customer_was_sent_away),
        cmocka_unit_test(rejects_a_login_that_is_too_old),
        cmocka_unit_test(rejects_a_missing_auth_time_where_max_age_was_asked),
        cmocka_unit_test(rejects_a_login_in_the_future),
        cmocka_unit_test(rejects_an_auth_time_that_is_no_number),
        cmocka_unit_test(accepts_every_acr_that_was_asked),
        cmocka_unit_test(rejects_an_acr_that_was_not_asked),
        cmocka_unit_test(rejects_a_missing_acr_where_one_was_asked),
        cmocka_unit_test(an_acr_that_is_essential_has_to_be_there),
        cmocka_unit_test(an_acr_that_is_essential_is_never_a_wish_alone),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
