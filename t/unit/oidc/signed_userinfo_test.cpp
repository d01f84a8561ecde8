// Userinfo that is signed or encrypted (OIDC Core 5.3.2, 5.3.4).

#include "oidc/userinfo.hpp"

#include "oidc/id_token_example.hpp"
#include "support/encrypting.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using namespace ciam::test;

namespace {

Client decrypting_client()
{
    auto made = client();
    made.decryption_key = jose::DecryptionKey::parse(private_pem(rsa_key().get()));
    return made;
}

JsonText good_userinfo()
{
    return {{"iss", R"("https://idp.example")"},
            {"aud", R"("shop")"},
            {"sub", R"("customer-1")"},
            {"email", R"("ann@example.com")"}};
}

base::Json read(const std::string& text, const Client& with)
{
    auto answer = json_answer(text);
    answer.content_type = "application/jwt";
    return verify_userinfo(read_userinfo(answer, with), keys(), with, "customer-1");
}

std::string signed_by_key(const JsonText& claims)
{
    return key().sign(claims.text());
}

std::string encrypted(std::string_view text)
{
    return encrypt_rsa("RSA-OAEP", all_encs().front(), rsa_key().get(), text).compact();
}

void assert_rejected(const std::string& text, const std::string& reason,
                     const Client& with = client())
{
    const auto act = [&] { read(text, with); };
    assert_true(fault_of(act) == base::Fault::provider);
    const auto message = message_of(act);
    if (!contains(message, reason)) {
        assert_text(message, reason);
    }
    assert_false(contains(message, "evil"));
}

void assert_email(const std::string& text, const Client& with = client())
{
    assert_text(read(text, with).string("email").value(), "ann@example.com");
}

void accepts_claims_that_the_provider_signed_for_us(void**)
{
    assert_email(signed_by_key(good_userinfo()));
    assert_email(signed_by_key(good_userinfo().set("aud", R"(["other","shop"])")));
}

void accepts_claims_that_are_encrypted_too(void**)
{
    assert_email(encrypted(signed_by_key(good_userinfo())), decrypting_client());
}

/// As trustworthy as plain JSON of the same endpoint.
void accepts_claims_that_are_encrypted_alone(void**)
{
    assert_email(encrypted(good_userinfo().text()), decrypting_client());
}

/// id_token_decrypt_key says nothing of userinfo, which is registered apart (OIDC Core 2 of DCR).
void accepts_plain_claims_although_there_is_a_decryption_key(void**)
{
    const auto with = decrypting_client();
    const auto answer = read_userinfo(json_answer(good_userinfo().text()), with);
    verify_userinfo(answer, keys(), with, "customer-1");
    assert_email(signed_by_key(good_userinfo()), with);
}

void rejects_a_signature_by_another_key_or_algorithm(void**)
{
    assert_rejected(foreign_key().sign(good_userinfo().text()), "signature");
    assert_rejected(hmac_jws(R"({"alg":"HS256"})", good_userinfo().text(), rsa_key().jwk()),
                    "not allowed");
    assert_rejected(signing_input(R"({"alg":"none"})", good_userinfo().text()) + ".", "not supp");
    assert_rejected(encrypted(foreign_key().sign(good_userinfo().text())), "signature",
                    decrypting_client());
}

void rejects_another_issuer_or_audience(void**)
{
    for (const char* iss : {R"("https://evil.example")", R"("https://idp.example/")", R"("")"}) {
        assert_rejected(signed_by_key(good_userinfo().set("iss", iss)), "iss");
    }
    for (const char* aud : {R"("evil")", "[]", R"(["evil"])", R"("sho")"}) {
        assert_rejected(signed_by_key(good_userinfo().set("aud", aud)), "aud");
    }
    assert_rejected(signed_by_key(good_userinfo().remove("iss")), "iss");
    assert_rejected(signed_by_key(good_userinfo().remove("aud")), "aud");
}

void rejects_tokens_that_were_made_for_another_purpose(void**)
{
    assert_rejected(signed_by_key(good_claims()), "another purpose");
    assert_rejected(signed_by_key(good_userinfo().set("events", "{}")), "another purpose");
}

void rejects_the_claims_of_another_subject(void**)
{
    assert_rejected(signed_by_key(good_userinfo().set("sub", R"("evil")")), "another sub");
    assert_rejected(signed_by_key(good_userinfo().remove("sub")), "no sub");
    assert_rejected(encrypted(good_userinfo().set("sub", R"("evil")").text()), "another sub",
                    decrypting_client());
}

void rejects_what_is_named_a_jwt_and_is_none(void**)
{
    assert_rejected(good_userinfo().text(), "signed token");
    assert_rejected("", "three parts");
    assert_rejected(encrypted("evil"), "three parts", decrypting_client());
}

void says_what_to_set_for_encrypted_claims_without_a_key(void**)
{
    assert_rejected(encrypted(good_userinfo().text()), "id_token_decrypt_key");
}

// RFC 8705 section 3
void a_client_with_a_certificate_asks_the_endpoint_that_wants_it(void**)
{
    auto metadata = example_metadata();
    metadata.mtls_userinfo_endpoint = "https://mtls.idp.example/userinfo";
    auto with = client();
    assert_text(userinfo_request(with, metadata, "at").url, "https://idp.example/userinfo");
    with.has_certificate = true;
    assert_text(userinfo_request(with, metadata, "at").url, "https://mtls.idp.example/userinfo");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(accepts_claims_that_the_provider_signed_for_us),
        cmocka_unit_test(accepts_claims_that_are_encrypted_too),
        cmocka_unit_test(accepts_claims_that_are_encrypted_alone),
        cmocka_unit_test(accepts_plain_claims_although_there_is_a_decryption_key),
        cmocka_unit_test(rejects_a_signature_by_another_key_or_algorithm),
        cmocka_unit_test(rejects_another_issuer_or_audience),
        cmocka_unit_test(rejects_tokens_that_were_made_for_another_purpose),
        cmocka_unit_test(rejects_the_claims_of_another_subject),
        cmocka_unit_test(rejects_what_is_named_a_jwt_and_is_none),
        cmocka_unit_test(says_what_to_set_for_encrypted_claims_without_a_key),
        cmocka_unit_test(a_client_with_a_certificate_asks_the_endpoint_that_wants_it),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
