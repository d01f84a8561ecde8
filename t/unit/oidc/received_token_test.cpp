#include "oidc/received_token.hpp"

#include "jose/sign.hpp"
#include "oidc/id_token_example.hpp"
#include "support/encrypting.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using namespace ciam::test;

namespace {

constexpr const char* long_secret = "a secret of more than 32 characters";

Client decrypting_client()
{
    auto made = client();
    made.decryption_key = jose::DecryptionKey::parse(private_pem(rsa_key().get()));
    return made;
}

std::string encrypted(std::string_view text)
{
    return encrypt_rsa("RSA-OAEP-256", all_encs().back(), rsa_key().get(), text, R"(,"cty":"JWT")")
        .compact();
}

std::string message_for(const std::string& token, const Client& with)
{
    const auto act = [&] { jose::parse_jws(signed_id_token(token, with).view()); };
    assert_true(fault_of(act) == base::Fault::provider);
    return message_of(act);
}

Client with_hmac(const char* secret = long_secret)
{
    auto made = client();
    made.client_secret = base::Secret{std::string_view{secret}};
    made.id_token_algorithms = {jose::Algorithm::hs256};
    return made;
}

void takes_the_signed_token_out_of_its_encryption(void**)
{
    const auto inside = key().sign(good_claims().text());
    const auto with = decrypting_client();
    const auto found = signed_id_token(encrypted(inside), with);
    assert_text(std::string{found.view()}, inside);
    assert_text(verify(std::string{found.view()}, with).subject, "customer-1");
}

void leaves_a_plain_token_as_it_is(void**)
{
    assert_text(std::string{signed_id_token("a.b.c", client()).view()}, "a.b.c");
}

void says_what_to_set_for_an_encrypted_token_without_a_key(void**)
{
    const auto message = message_for(encrypted("a.b.c"), client());
    assert_true(contains(message, "id_token_decrypt_key"));
}

// OIDC Core 3.1.3.7 (1)
void rejects_a_plain_token_where_encryption_was_agreed_on(void**)
{
    const auto message = message_for(key().sign(good_claims().text()), decrypting_client());
    assert_true(contains(message, "not encrypted"));
}

/// Anybody can encrypt to a public key.
void rejects_an_encrypted_token_without_a_good_signature(void**)
{
    const auto with = decrypting_client();
    message_for(encrypted(good_claims().text()), with);
    message_for(encrypted(encrypted(key().sign(good_claims().text()))), with);
    message_for(encrypted(""), with);
    const auto forged = signed_id_token(encrypted(foreign_key().sign(good_claims().text())), with);
    assert_refused(std::string{forged.view()}, "signature that none", with);
}

// HMAC

void accepts_an_hmac_by_the_client_secret_where_it_is_configured(void**)
{
    const auto token =
        jose::sign_jwt_by_secret(long_secret, jose::Algorithm::hs256, good_claims().text());
    assert_text(verify(token, with_hmac()).subject, "customer-1");
    assert_refused(token, "not allowed");
}

void rejects_an_hmac_by_another_secret(void**)
{
    for (const std::string& secret : {std::string{"another secret of more than 32 characters"},
                                      rsa_key().jwk(), std::string{long_secret} + " "}) {
        assert_refused(hmac_jws(R"({"alg":"HS256"})", good_claims().text(), secret),
                       "client_secret", with_hmac());
    }
}

void rejects_a_signature_by_key_where_only_hmac_is_configured(void**)
{
    assert_refused(key().sign(good_claims().text()), "not allowed", with_hmac());
}

void newer_keys_are_of_no_use_for_an_hmac(void**)
{
    const auto by_secret = jose::parse_jws(
        jose::sign_jwt_by_secret(long_secret, jose::Algorithm::hs256, good_claims().text()));
    assert_false(needs_newer_keys(by_secret, {}));
    const auto by_key = jose::parse_jws(key().sign(good_claims().text()));
    assert_true(needs_newer_keys(by_key, {}));
    assert_false(needs_newer_keys(by_key, keys()));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_signed_token_out_of_its_encryption),
        cmocka_unit_test(leaves_a_plain_token_as_it_is),
        cmocka_unit_test(says_what_to_set_for_an_encrypted_token_without_a_key),
        cmocka_unit_test(rejects_a_plain_token_where_encryption_was_agreed_on),
        cmocka_unit_test(rejects_an_encrypted_token_without_a_good_signature),
        cmocka_unit_test(accepts_an_hmac_by_the_client_secret_where_it_is_configured),
        cmocka_unit_test(rejects_an_hmac_by_another_secret),
        cmocka_unit_test(rejects_a_signature_by_key_where_only_hmac_is_configured),
        cmocka_unit_test(newer_keys_are_of_no_use_for_an_hmac),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
