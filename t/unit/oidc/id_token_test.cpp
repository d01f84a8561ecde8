#include "oidc/id_token_example.hpp"

using namespace ciam;
using namespace ciam::test;

namespace {

void accepts_a_plain_id_token(void**)
{
    const auto token = verify(good_claims().set("email", R"("a@example")"));
    assert_text(token.subject, "customer-1");
    assert_false(token.sid.has_value());
    assert_text(token.claims.string("email").value_or(""), "a@example");
}

void gives_the_sid_where_there_is_one(void**)
{
    assert_text(verify(good_claims().set("sid", R"("s-1")")).sid.value_or(""), "s-1");
    assert_false(verify(good_claims().set("sid", R"("")")).sid.has_value());
    assert_false(verify(good_claims().set("sid", "null")).sid.has_value());
    assert_refused(good_claims().set("sid", "17"), "sid");
}

void accepts_an_rs256_id_token_and_ignores_unknown_claims(void**)
{
    const auto claims = good_claims().set("surprise", R"({"a":[1]})");
    assert_text(verify(rsa_key().sign(claims.text())).subject, "customer-1");
}

// Signature

void rejects_an_id_token_signed_by_another_key(void**)
{
    assert_refused(foreign_key().sign(good_claims().text()), "signature that none");
}

void rejects_an_altered_payload(void**)
{
    const auto good = key().sign(good_claims().text());
    const auto other = key().sign(good_claims().set("sub", R"("evil")").text());
    const auto mixed = other.substr(0, other.rfind('.')) + good.substr(good.rfind('.'));
    assert_refused(mixed, "signature that none");
}

void rejects_alg_none(void**)
{
    for (const char* alg : {"none", "None", "NONE", ""}) {
        const auto header = std::string{R"({"alg":")"} + alg + R"("})";
        assert_refused(test::signing_input(header, good_claims().text()) + ".", "algorithm");
    }
}

void rejects_an_hmac_made_with_the_public_key_or_the_client_secret(void**)
{
    for (const auto& secret : {rsa_key().jwk(), std::string{"hunter2"}}) {
        assert_refused(test::hmac_jws(R"({"alg":"HS256"})", good_claims().text(), secret),
                       "HS256, which is not allowed");
        assert_refused(
            test::hmac_jws(R"({"alg":"RS256","kid":"rsa"})", good_claims().text(), secret),
            "signature that none");
    }
}

void rejects_an_algorithm_that_is_not_on_the_allow_list(void**)
{
    auto strict = client();
    strict.id_token_algorithms = {jose::Algorithm::es256};
    assert_refused(key().sign(good_claims().text()), "not allowed", strict);
    assert_refused(rsa_key().sign(good_claims().text()), "not allowed", strict);
}

// typ

std::string typed(const std::string& typ)
{
    return key().sign(key().header(",\"typ\":\"" + typ + "\""), good_claims().text());
}

void accepts_an_absent_or_neutral_typ(void**)
{
    assert_text(verify(key().sign(key().header(""), good_claims().text())).subject, "customer-1");
    for (const char* typ : {"JWT", "jwt", "application/jwt", "JOSE"}) {
        assert_text(verify(typed(typ)).subject, "customer-1");
    }
}

void rejects_a_token_typed_for_another_purpose(void**)
{
    for (const char* typ :
         {"logout+jwt", "application/logout+jwt", "at+jwt", "AT+JWT", "application/at+jwt",
          "secevent+jwt", "dpop+jwt", "oauth-authz-req+jwt", "jwt2", "xapplication/jwt"}) {
        assert_refused(typed(typ), "typ");
    }
}

void rejects_a_logout_token(void**)
{
    const char* events = R"({"http://schemas.openid.net/event/backchannel-logout":{}})";
    assert_refused(good_claims().set("events", events), "logout");
    assert_refused(good_claims().set("events", R"("evil")"), "logout");
}

// iss

void rejects_another_issuer(void**)
{
    assert_refused(good_claims().set("iss", R"("https://evil.example")"), "iss");
    assert_refused(good_claims().set("iss", R"("https://IDP.example")"), "iss");
    assert_refused(good_claims().set("iss", R"("https://idp.exampl")"), "iss");
    assert_refused(good_claims().set("iss", R"("")"), "iss");
}

void names_a_trailing_slash_of_the_issuer(void**)
{
    assert_refused(good_claims().set("iss", R"("https://idp.example/")"), "slash");
}

void rejects_a_missing_issuer_and_one_that_is_no_string(void**)
{
    assert_refused(good_claims().remove("iss"), "no iss");
    assert_refused(good_claims().set("iss", "null"), "no iss");
    assert_refused(good_claims().set("iss", R"(["https://idp.example"])"), "iss");
}

// aud and azp

void accepts_aud_as_array_of_one(void**)
{
    assert_accepted(good_claims().set("aud", R"(["shop"])"));
}

void accepts_several_audiences_only_with_our_azp(void**)
{
    const auto several = good_claims().set("aud", R"(["other","shop"])");
    assert_accepted(JsonText{several}.set("azp", R"("shop")"));
    assert_refused(several, "no azp");
    assert_refused(JsonText{several}.set("azp", R"("other")"), "(azp)");
    assert_refused(JsonText{several}.set("azp", R"("")"), "(azp)");
    assert_refused(JsonText{several}.set("azp", "null"), "no azp");
}

void rejects_an_azp_of_another_client_with_one_audience_too(void**)
{
    assert_accepted(good_claims().set("azp", R"("shop")"));
    assert_refused(good_claims().set("azp", R"("other")"), "(azp)");
    assert_refused(good_claims().set("azp", "1"), "azp");
    assert_refused(good_claims().set("azp", R"(["shop"])"), "azp");
}

void rejects_another_audience(void**)
{
    assert_refused(good_claims().set("aud", R"("other")"), "(aud)");
    assert_refused(good_claims().set("aud", R"("Shop")"), "(aud)");
    assert_refused(good_claims().set("aud", R"("shop ")"), "(aud)");
    assert_refused(good_claims().set("aud", R"("shop,other")"), "(aud)");
    assert_refused(good_claims().set("aud", R"(["other","shop2"])").set("azp", R"("shop")"),
                   "(aud)");
}

void rejects_a_missing_or_empty_audience(void**)
{
    assert_refused(good_claims().remove("aud"), "no aud");
    assert_refused(good_claims().set("aud", "null"), "no aud");
    assert_refused(good_claims().set("aud", "[]"), "no aud");
    assert_refused(good_claims().set("aud", R"("")"), "(aud)");
}

void rejects_an_audience_of_a_wrong_type(void**)
{
    for (const char* aud : {"1", "true", R"({"shop":1})", R"(["shop",1])", R"([["shop"]])"}) {
        assert_refused(good_claims().set("aud", aud), "aud");
    }
}

// nonce

void rejects_a_missing_nonce(void**)
{
    assert_refused(good_claims().remove("nonce"), "no nonce");
    assert_refused(good_claims().set("nonce", "null"), "no nonce");
    assert_refused(good_claims().set("nonce", R"("")"), "no nonce");
    assert_refused(good_claims().set("nonce", "1"), "nonce");
}

void rejects_the_nonce_of_another_login(void**)
{
    for (const char* other : {"nonce-of-this-logix", "nonce-of-this-logi", "nonce-of-this-login2",
                              "NONCE-OF-THIS-LOGIN"}) {
        assert_refused(good_claims().set("nonce", "\"" + std::string{other} + "\""), "nonce");
    }
}

// A comparison as people sort names, which skips blanks and reads digits as numbers, took different
// nonces for equal (mod_auth_openidc before 2.4.20).
void compares_nonces_byte_by_byte(void**)
{
    const auto takes = [](const std::string& expected, const std::string& told) {
        const auto token = good_claims().set("nonce", "\"" + told + "\"").text();
        return !test::fault_of([&] {
            oidc::verify_id_token(jose::parse_jws(key().sign(token)), keys(), client(),
                                  {.nonce = expected, .access_token = access_token, .now = now});
        });
    };
    assert_true(takes("nonce-007", "nonce-007"));
    for (const char* other : {"nonce-7", "nonce-0007", "nonce- 007", " nonce-007", "nonce-007 ",
                              "nonce-07.0", "nonce-+007", "nonce-007\\u0000"}) {
        assert_false(takes("nonce-007", other));
    }
}

void never_takes_two_empty_nonces_for_equal(void**)
{
    for (const auto& claims :
         {good_claims(), good_claims().set("nonce", R"("")"), good_claims().remove("nonce")}) {
        const auto act = [&] {
            oidc::verify_id_token(jose::parse_jws(key().sign(claims.text())), keys(), client(),
                                  {.nonce = "", .access_token = access_token, .now = now});
        };
        assert_true(test::fault_of(act) == base::Fault::provider);
        assert_true(contains(test::message_of(act), "nonce"));
    }
}

// at_hash

void accepts_the_right_at_hash(void**)
{
    for (const auto* signer : {&key(), &rsa_key()}) {
        const auto algorithm = jose::algorithm_from_name(signer->algorithm()).value();
        const auto hash = jose::left_half_hash(algorithm, access_token);
        const auto claims = good_claims().set("at_hash", "\"" + hash + "\"");
        assert_text(verify(signer->sign(claims.text())).subject, "customer-1");
    }
}

void rejects_the_at_hash_of_another_access_token(void**)
{
    const auto hash = jose::left_half_hash(jose::Algorithm::eddsa, "evil");
    assert_refused(good_claims().set("at_hash", "\"" + hash + "\""), "(at_hash)");
    const auto wrong_algorithm = jose::left_half_hash(jose::Algorithm::rs256, access_token);
    assert_refused(good_claims().set("at_hash", "\"" + wrong_algorithm + "\""), "sign with RS256");
    assert_refused(good_claims().set("at_hash", R"("")"), "(at_hash)");
    assert_refused(good_claims().set("at_hash", "1"), "at_hash");
}

// sub

void rejects_a_missing_or_empty_sub(void**)
{
    assert_refused(good_claims().remove("sub"), "no sub");
    assert_refused(good_claims().set("sub", "null"), "no sub");
    assert_refused(good_claims().set("sub", R"("")"), "no sub");
    assert_refused(good_claims().set("sub", "1"), "sub");
}

void rejects_a_sub_over_255_characters(void**)
{
    const std::string longest(255, 'a');
    assert_text(verify(good_claims().set("sub", "\"" + longest + "\"")).subject, longest);
    assert_refused(good_claims().set("sub", "\"" + longest + "a\""), "sub");
}

void rejects_a_sub_that_is_not_printable_ascii(void**)
{
    assert_text(verify(good_claims().set("sub", R"("a|b c~")")).subject, "a|b c~");
    for (const char* sub : {R"("ü")", R"("a\r\nX-Evil: 1")", R"("a\tb")", R"("a\u007f")"}) {
        assert_refused(good_claims().set("sub", sub), "sub");
    }
}

// The payload as a document

void rejects_a_payload_that_is_no_object_or_has_a_claim_twice(void**)
{
    assert_refused(key().sign("[]"), "ID token");
    assert_refused(key().sign("not JSON"), "ID token");
    const auto text = good_claims().text();
    const auto twice = text.substr(0, text.size() - 1) + R"(,"sub":"evil"})";
    assert_refused(key().sign(twice), "ID token");
    assert_refused(good_claims().set("sub", R"("customer-1\u0000evil")"), "ID token");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(accepts_a_plain_id_token),
        cmocka_unit_test(gives_the_sid_where_there_is_one),
        cmocka_unit_test(accepts_an_rs256_id_token_and_ignores_unknown_claims),
        cmocka_unit_test(rejects_an_id_token_signed_by_another_key),
        cmocka_unit_test(rejects_an_altered_payload),
        cmocka_unit_test(rejects_alg_none),
        cmocka_unit_test(rejects_an_hmac_made_with_the_public_key_or_the_client_secret),
        cmocka_unit_test(rejects_an_algorithm_that_is_not_on_the_allow_list),
        cmocka_unit_test(accepts_an_absent_or_neutral_typ),
        cmocka_unit_test(rejects_a_token_typed_for_another_purpose),
        cmocka_unit_test(rejects_a_logout_token),
        cmocka_unit_test(rejects_another_issuer),
        cmocka_unit_test(names_a_trailing_slash_of_the_issuer),
        cmocka_unit_test(rejects_a_missing_issuer_and_one_that_is_no_string),
        cmocka_unit_test(accepts_aud_as_array_of_one),
        cmocka_unit_test(accepts_several_audiences_only_with_our_azp),
        cmocka_unit_test(rejects_an_azp_of_another_client_with_one_audience_too),
        cmocka_unit_test(rejects_another_audience),
        cmocka_unit_test(rejects_a_missing_or_empty_audience),
        cmocka_unit_test(rejects_an_audience_of_a_wrong_type),
        cmocka_unit_test(rejects_a_missing_nonce),
        cmocka_unit_test(rejects_the_nonce_of_another_login),
        cmocka_unit_test(compares_nonces_byte_by_byte),
        cmocka_unit_test(never_takes_two_empty_nonces_for_equal),
        cmocka_unit_test(accepts_the_right_at_hash),
        cmocka_unit_test(rejects_the_at_hash_of_another_access_token),
        cmocka_unit_test(rejects_a_missing_or_empty_sub),
        cmocka_unit_test(rejects_a_sub_over_255_characters),
        cmocka_unit_test(rejects_a_sub_that_is_not_printable_ascii),
        cmocka_unit_test(rejects_a_payload_that_is_no_object_or_has_a_claim_twice),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
