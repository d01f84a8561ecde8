#include "oidc/logout_token.hpp"

#include "oidc/example.hpp"
#include "support/signing.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;

namespace {

constexpr base::Seconds now = 1'700'000'000;
constexpr const char* backchannel = R"({"http://schemas.openid.net/event/backchannel-logout":{}})";

const SigningKey& key()
{
    static const SigningKey made{"EdDSA"};
    return made;
}

const SigningKey& rsa_key()
{
    static const SigningKey made{"RS256", "rsa"};
    return made;
}

JsonText good_claims()
{
    return {{"iss", R"("https://idp.example")"}, {"aud", R"("shop")"},
            {"iat", std::to_string(now)},        {"exp", std::to_string(now + 120)},
            {"jti", R"("evil-once")"},           {"events", backchannel},
            {"sub", R"("customer-1")"}};
}

oidc::LogoutToken verify(const std::string& compact,
                         std::optional<jose::Algorithm> of_id_tokens = std::nullopt)
{
    auto client = example_client();
    client.clock_skew = 60;
    const auto keys = jose::Keys::parse(key_set({key().jwk(), rsa_key().jwk()}));
    return oidc::verify_logout_token(jose::parse_jws(compact), keys, client, {now, of_id_tokens});
}

oidc::LogoutToken verify(const JsonText& claims)
{
    return verify(key().sign(claims.text()));
}

/// By the rule that `reason` is in the message of, and with none of the token's values.
void assert_refused(const std::string& compact, const std::string& reason,
                    std::optional<jose::Algorithm> of_id_tokens = std::nullopt)
{
    const auto act = [&] { verify(compact, of_id_tokens); };
    const auto message = message_of(act);
    assert_true(fault_of(act) == base::Fault::provider);
    if (!contains(message, reason)) {
        assert_text(message, reason);
    }
    for (const char* value : {"customer-1", "evil"}) {
        assert_false(contains(message, value));
    }
}

void assert_refused(const JsonText& claims, const std::string& reason)
{
    assert_refused(key().sign(claims.text()), reason);
}

void gives_what_ends_and_how_long_the_token_counts(void**)
{
    const auto token = verify(good_claims().set("sid", R"("s-1")"));
    assert_text(token.subject.value_or(""), "customer-1");
    assert_text(token.sid.value_or(""), "s-1");
    assert_text(token.jti, "evil-once");
    assert_int_equal(token.issued, now);
    assert_int_equal(token.expires, now + 180);
}

void sub_or_sid_is_enough(void**)
{
    assert_false(verify(good_claims()).sid.has_value());
    const auto by_sid = verify(good_claims().remove("sub").set("sid", R"("s-1")"));
    assert_false(by_sid.subject.has_value());
    assert_text(by_sid.sid.value_or(""), "s-1");
}

// Signature

void rejects_another_signature_and_none(void**)
{
    static const SigningKey foreign{"EdDSA"};
    assert_refused(foreign.sign(good_claims().text()), "signature that none");
    assert_refused(signing_input(R"({"alg":"none"})", good_claims().text()) + ".", "algorithm");
    assert_refused(hmac_jws(R"({"alg":"HS256"})", good_claims().text(), rsa_key().jwk()),
                   "not allowed");
}

void rejects_another_algorithm_than_that_of_the_id_tokens(void**)
{
    const auto token = rsa_key().sign(good_claims().text());
    assert_text(verify(token).jti, "evil-once");
    assert_text(verify(token, jose::Algorithm::rs256).jti, "evil-once");
    assert_refused(token, "RS256 and the ID tokens with EdDSA", jose::Algorithm::eddsa);
}

void rejects_a_critical_header(void**)
{
    const auto header = key().header(R"(,"crit":["exp"])");
    assert_refused(key().sign(header, good_claims().text()), "crit");
}

// typ

std::string typed(const std::string& typ)
{
    return key().sign(key().header(",\"typ\":\"" + typ + "\""), good_claims().text());
}

void accepts_the_types_of_a_logout_token(void**)
{
    assert_text(verify(key().sign(key().header(""), good_claims().text())).jti, "evil-once");
    for (const char* typ :
         {"logout+jwt", "LOGOUT+JWT", "application/logout+jwt", "JWT", "jwt", "application/jwt"}) {
        assert_text(verify(typed(typ)).jti, "evil-once");
    }
}

void rejects_the_types_of_other_tokens(void**)
{
    for (const char* typ : {"at+jwt", "application/at+jwt", "secevent+jwt", "dpop+jwt",
                            "logout+jwt2", "xlogout+jwt"}) {
        assert_refused(typed(typ), "typ");
    }
}

// Claims

void rejects_another_issuer(void**)
{
    for (const char* iss : {R"("https://evil.example")", R"("https://idp.example/")", R"("")"}) {
        assert_refused(good_claims().set("iss", iss), "iss");
    }
    assert_refused(good_claims().remove("iss"), "iss");
    assert_refused(good_claims().set("iss", "17"), "iss");
}

void rejects_another_audience(void**)
{
    for (const char* aud : {R"("evil")", R"(["evil","shop2"])", "[]", R"("")"}) {
        assert_refused(good_claims().set("aud", aud), "aud");
    }
    assert_refused(good_claims().remove("aud"), "aud");
    assert_text(verify(good_claims().set("aud", R"(["blog","shop"])")).jti, "evil-once");
}

void rejects_a_token_that_is_too_old_or_of_the_future(void**)
{
    assert_refused(good_claims().remove("iat"), "has no iat");
    assert_refused(good_claims().set("iat", R"("now")"), "iat");
    assert_refused(good_claims().set("iat", std::to_string(now + 61)), "check the clocks");
    assert_refused(good_claims().set("iat", std::to_string(now - 3661)), "check the clocks");
    assert_refused(good_claims().set("iat", "-9223372036854775808"), "iat");
    assert_refused(good_claims().set("iat", "9223372036854775807"), "iat");
    assert_int_equal(verify(good_claims().set("iat", std::to_string(now + 60))).issued, now + 60);
}

void rejects_a_token_that_has_expired(void**)
{
    assert_refused(good_claims().set("exp", std::to_string(now - 60)), "has expired");
    assert_refused(good_claims().set("exp", "-9223372036854775808"), "has expired");
    assert_refused(good_claims().set("exp", R"("soon")"), "exp");
    assert_int_equal(verify(good_claims().set("exp", std::to_string(now - 59))).expires, now + 1);
}

void a_token_without_exp_counts_for_two_minutes(void**)
{
    assert_int_equal(verify(good_claims().remove("exp")).expires, now + 180);
    assert_refused(good_claims().remove("exp").set("iat", std::to_string(now - 180)),
                   "has expired");
}

void no_token_counts_longer_than_its_iat_allows(void**)
{
    for (const char* exp : {"9223372036854775807", "1800000000"}) {
        assert_int_equal(verify(good_claims().set("exp", exp)).expires, now + 3660);
    }
}

void rejects_a_token_without_the_event(void**)
{
    assert_refused(good_claims().remove("events"), "events");
    for (const char* events : {"{}", R"({"evil":{}})",
                               R"({"http://schemas.openid.net/event/backchannel-logout":null})"}) {
        assert_refused(good_claims().set("events", events), "events");
    }
    for (const char* value : {"true", "[]", R"("x")", "1"}) {
        const std::string events =
            std::string{R"({"http://schemas.openid.net/event/backchannel-logout":)"} + value + "}";
        assert_refused(good_claims().set("events", events), "backchannel-logout");
    }
    assert_refused(good_claims().set("events", "[]"), "events");
}

void other_events_may_stand_beside_it(void**)
{
    const auto* events =
        R"({"urn:more":{},"http://schemas.openid.net/event/backchannel-logout":{"a":1}})";
    assert_text(verify(good_claims().set("events", events)).jti, "evil-once");
}

void rejects_a_nonce_whatever_it_is(void**)
{
    for (const char* nonce : {R"("evil")", R"("")", "null", "1"}) {
        assert_refused(good_claims().set("nonce", nonce), "nonce");
    }
}

void rejects_a_token_that_names_nobody(void**)
{
    assert_refused(good_claims().remove("sub"), "neither sub nor sid");
    for (const char* name : {R"("")", "17", R"(["evil"])"}) {
        assert_refused(good_claims().set("sub", name), "sub");
        assert_refused(good_claims().set("sid", name), "sid");
        assert_refused(good_claims().set("jti", name), "jti");
    }
    assert_refused(good_claims().set("sid", '"' + std::string(1025, 's') + '"'), "sid");
    assert_refused(good_claims().remove("jti"), "jti");
}

void rejects_a_claim_that_is_there_twice(void**)
{
    const auto text = good_claims().text();
    const auto twice = text.substr(0, text.size() - 1) + R"(,"sub":"evil"})";
    assert_refused(key().sign(twice), "logout token");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_ends_and_how_long_the_token_counts),
        cmocka_unit_test(sub_or_sid_is_enough),
        cmocka_unit_test(rejects_another_signature_and_none),
        cmocka_unit_test(rejects_another_algorithm_than_that_of_the_id_tokens),
        cmocka_unit_test(rejects_a_critical_header),
        cmocka_unit_test(accepts_the_types_of_a_logout_token),
        cmocka_unit_test(rejects_the_types_of_other_tokens),
        cmocka_unit_test(rejects_another_issuer),
        cmocka_unit_test(rejects_another_audience),
        cmocka_unit_test(rejects_a_token_that_is_too_old_or_of_the_future),
        cmocka_unit_test(rejects_a_token_that_has_expired),
        cmocka_unit_test(a_token_without_exp_counts_for_two_minutes),
        cmocka_unit_test(no_token_counts_longer_than_its_iat_allows),
        cmocka_unit_test(rejects_a_token_without_the_event),
        cmocka_unit_test(other_events_may_stand_beside_it),
        cmocka_unit_test(rejects_a_nonce_whatever_it_is),
        cmocka_unit_test(rejects_a_token_that_names_nobody),
        cmocka_unit_test(rejects_a_claim_that_is_there_twice),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
