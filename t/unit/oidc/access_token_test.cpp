#include "oidc/access_token_example.hpp"

using namespace ciam;
using namespace ciam::test;
using oidc::TokenUse;

namespace {

void accepts_a_plain_access_token(void**)
{
    const auto token = verify(good_claims().set("email", R"("a@example")"));
    assert_text(token.subject, "customer-1");
    assert_true(token.facts.audiences == std::vector<std::string>{"https://api.example"});
    assert_true((token.facts.scopes == std::vector<std::string>{"read", "write"}));
    assert_int_equal(token.facts.issued, now);
    assert_int_equal(token.facts.expires, now + 300);
    assert_false(token.facts.is_untyped);
    assert_text(token.claims.string("email").value_or(""), "a@example");
}

// typ: RFC 9068 section 4

void accepts_the_typ_in_every_spelling(void**)
{
    for (const char* typ : {"at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"}) {
        assert_false(verify(signed_as(typ)).facts.is_untyped);
    }
}

void rejects_a_token_typed_for_another_purpose(void**)
{
    for (const char* typ :
         {"logout+jwt", "application/logout+jwt", "secevent+jwt", "dpop+jwt", "oauth-authz-req+jwt",
          "at+jwt2", "xat+jwt", "token-introspection+jwt"}) {
        assert_refused(signed_as(typ), "typ");
    }
}

void marks_a_token_that_does_not_say_what_it_is(void**)
{
    for (const char* typ : {"", "JWT", "jwt", "application/jwt", "JOSE"}) {
        assert_true(verify(signed_as(typ)).facts.is_untyped);
    }
}

void rejects_an_untyped_token_that_looks_like_another_kind(void**)
{
    for (const char* name : {"nonce", "at_hash", "c_hash", "s_hash", "events"}) {
        assert_refused(signed_as("JWT", good_claims().set(name, R"("evil")")), name);
        assert_text(verify(good_claims().set(name, R"("x")")).subject, "customer-1");
    }
    assert_refused(signed_as("JWT", good_claims().remove("scope")), "may be an ID token");
    assert_true(verify(signed_as("JWT", good_claims().remove("scope").set("scp", R"("read")")))
                    .facts.is_untyped);
}

void rejects_a_typ_claim_of_another_kind(void**)
{
    for (const char* typ : {R"("ID")", R"("Refresh")", R"("Offline")", R"("")"}) {
        assert_refused(good_claims().set("typ", typ), "claim typ");
    }
    assert_text(verify(good_claims().set("typ", R"("Bearer")")).subject, "customer-1");
}

// Signature

void rejects_what_no_key_of_the_provider_has_signed(void**)
{
    static const SigningKey foreign{"EdDSA"};
    assert_refused(foreign.sign(foreign.header(R"(,"typ":"at+jwt")"), good_claims().text()),
                   "signature that none");
    static const SigningKey unknown{"EdDSA", "key-9"};
    assert_refused(unknown.sign(unknown.header(R"(,"typ":"at+jwt")"), good_claims().text()),
                   "not in the provider's key set");
}

void rejects_alg_none_and_hmac_even_where_it_is_listed(void**)
{
    assert_refused(test::signing_input(R"({"alg":"none","typ":"at+jwt"})", good_claims().text()) +
                       ".",
                   "algorithm");
    auto with = client();
    with.id_token_algorithms.push_back(jose::Algorithm::hs256);
    with.client_secret = base::Secret{std::string(32, 's')};
    const auto forged = test::hmac_jws(R"({"alg":"HS256","typ":"at+jwt"})", good_claims().text(),
                                       std::string(32, 's'));
    assert_true(contains(message_of([&] { verify(forged, with); }), "HS256, which is not allowed"));
}

void rejects_an_algorithm_that_is_not_on_the_allow_list(void**)
{
    auto with = client();
    with.id_token_algorithms = {jose::Algorithm::es256};
    assert_true(contains(message_of([&] { verify(signed_as("at+jwt"), with); }), "not allowed"));
}

void rejects_what_is_no_signed_token(void**)
{
    const std::string right = signed_as("at+jwt");
    assert_refused("", "three parts");
    assert_refused("opaque", "three parts");
    assert_refused("a.b.c.d.e", "encrypted");
    assert_refused(right + ".x", "three parts");
    assert_refused(std::string(65 * 1024, 'a'), "64 KB");
    assert_refused(
        key().sign(key().header(R"(,"typ":"at+jwt","crit":["exp"])"), good_claims().text()),
        "crit");
}

void rejects_a_payload_that_is_no_object_or_has_a_claim_twice(void**)
{
    for (const char* payload : {"", "[]", "1", "{", R"({"sub":"a","sub":"b"})"}) {
        assert_refused(key().sign(key().header(R"(,"typ":"at+jwt")"), payload), "access token");
    }
}

// Claims

void rejects_a_token_that_lacks_what_a_jwt_has_to_say(void**)
{
    for (const char* name : {"iss", "exp", "aud", "sub"}) {
        assert_refused(good_claims().remove(name), name);
        assert_refused(good_claims().set(name, "null"), name);
    }
}

void rejects_a_claim_of_a_wrong_type(void**)
{
    for (const char* name : {"iss", "exp", "aud", "sub", "iat", "nbf", "scope", "typ"}) {
        assert_refused(good_claims().set(name, R"({"a":1})"), name);
    }
}

void rejects_another_issuer(void**)
{
    for (const char* iss : {R"("https://evil.example")", R"("https://idp.example/")",
                            R"("https://IDP.example")", R"("")"}) {
        assert_refused(good_claims().set("iss", iss), "iss");
    }
}

void takes_times_as_far_as_the_clocks_may_differ(void**)
{
    assert_text(verify(good_claims().set("exp", now - skew + 1)).subject, "customer-1");
    assert_refused(good_claims().set("exp", now - skew), "expired");
    assert_refused(good_claims().set("exp", std::int64_t{-1}), "expired");
    assert_text(verify(good_claims().set("nbf", now + skew)).subject, "customer-1");
    assert_refused(good_claims().set("nbf", now + skew + 1), "nbf");
    assert_text(verify(good_claims().set("iat", now + skew)).subject, "customer-1");
    assert_refused(good_claims().set("iat", now + skew + 1), "iat");
    assert_refused(good_claims().set("exp", "1e300"), "exp");
}

void rejects_a_token_that_is_bound_to_a_key(void**)
{
    assert_refused(good_claims().set("cnf", R"({"jkt":"x"})"), "cnf");
    assert_refused(good_claims().set("cnf", R"({"x5t#S256":"x"})"), "cnf");
}

// What a place asks

TokenUse use(const JsonText& claims, const oidc::TokenRules& rules, const char* typ = "at+jwt")
{
    return oidc::use_of(verify(signed_as(typ, claims)).facts, rules);
}

void is_for_one_of_the_audiences_byte_for_byte(void**)
{
    const oidc::TokenRules rules{{"https://api.example", "other"}, {}};
    assert_true(use(good_claims(), rules) == TokenUse::allowed);
    assert_true(use(good_claims().set("aud", R"(["x","other"])"), rules) == TokenUse::allowed);
    for (const char* aud : {R"("https://api.example/")", R"("https://API.example")", R"([])",
                            R"("https://api.exampl")", R"("")"}) {
        assert_true(use(good_claims().set("aud", aud), rules) == TokenUse::other_audience);
    }
    assert_true(use(good_claims(), {}) == TokenUse::other_audience);
}

void needs_all_scopes(void**)
{
    const oidc::TokenRules rules{{"https://api.example"}, {"read", "write"}};
    assert_true(use(good_claims(), rules) == TokenUse::allowed);
    assert_true(use(good_claims().set("scope", R"(["write","read"])"), rules) == TokenUse::allowed);
    for (const char* scope : {R"("read")", R"("read writes")", R"("")", "null"}) {
        assert_true(use(good_claims().set("scope", scope), rules) == TokenUse::insufficient_scope);
    }
}

void takes_untyped_tokens_only_where_it_is_said(void**)
{
    oidc::TokenRules rules{{"https://api.example"}, {}};
    assert_true(use(good_claims(), rules, "JWT") == TokenUse::untyped);
    rules.takes_untyped = true;
    assert_true(use(good_claims(), rules, "JWT") == TokenUse::allowed);
    assert_true(use(good_claims(), rules) == TokenUse::allowed);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(accepts_a_plain_access_token),
        cmocka_unit_test(accepts_the_typ_in_every_spelling),
        cmocka_unit_test(rejects_a_token_typed_for_another_purpose),
        cmocka_unit_test(marks_a_token_that_does_not_say_what_it_is),
        cmocka_unit_test(rejects_an_untyped_token_that_looks_like_another_kind),
        cmocka_unit_test(rejects_a_typ_claim_of_another_kind),
        cmocka_unit_test(rejects_what_no_key_of_the_provider_has_signed),
        cmocka_unit_test(rejects_alg_none_and_hmac_even_where_it_is_listed),
        cmocka_unit_test(rejects_an_algorithm_that_is_not_on_the_allow_list),
        cmocka_unit_test(rejects_what_is_no_signed_token),
        cmocka_unit_test(rejects_a_payload_that_is_no_object_or_has_a_claim_twice),
        cmocka_unit_test(rejects_a_token_that_lacks_what_a_jwt_has_to_say),
        cmocka_unit_test(rejects_a_claim_of_a_wrong_type),
        cmocka_unit_test(rejects_another_issuer),
        cmocka_unit_test(takes_times_as_far_as_the_clocks_may_differ),
        cmocka_unit_test(rejects_a_token_that_is_bound_to_a_key),
        cmocka_unit_test(is_for_one_of_the_audiences_byte_for_byte),
        cmocka_unit_test(needs_all_scopes),
        cmocka_unit_test(takes_untyped_tokens_only_where_it_is_said),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
