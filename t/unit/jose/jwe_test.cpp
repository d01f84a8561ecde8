#include "jose/jwe_example.hpp"
#include "jose/jwe_vectors.hpp"

#include "base/json.hpp"

#include <openssl/err.h>
#include <set>

using namespace ciam;
using namespace ciam::test;

namespace {

void the_examples_of_the_standards_are_decrypted(void**)
{
    for (const JweVector& vector : jwe_vectors) {
        const auto key = DecryptionKey::parse(vector.key);
        assert_text(decrypt_jwe(vector.compact, key), vector.text);
    }
}

void every_encryption_is_decrypted_with_rsa(void**)
{
    const auto key = key_of(rsa_pair());
    for (const Enc& enc : all_encs()) {
        for (const char* alg : {"RSA-OAEP", "RSA-OAEP-256"}) {
            const Jwe jwe = encrypt_rsa(alg, enc, rsa_pair().get(), secret_text);
            assert_text(decrypt_jwe(jwe.compact(), key), secret_text);
        }
    }
}

void every_encryption_is_decrypted_with_an_agreed_key(void**)
{
    const std::vector<std::pair<std::string, std::size_t>> algs{
        {"ECDH-ES", 0}, {"ECDH-ES+A128KW", 16}, {"ECDH-ES+A192KW", 24}, {"ECDH-ES+A256KW", 32}};
    for (const char* curve : {"P-256", "P-384", "P-521", "X25519"}) {
        const auto key = key_of(ec_pair(curve));
        const SigningKey sender{curve[0] == 'X' ? "EdDSA" : "ES256", "", curve};
        for (const auto& [alg, wrap_bytes] : algs) {
            for (const Enc& enc : all_encs()) {
                const Jwe jwe =
                    encrypt_agreed(alg, wrap_bytes, enc, ec_pair(curve).get(), sender, secret_text);
                assert_text(decrypt_jwe(jwe.compact(), key), secret_text);
            }
        }
    }
}

void every_encryption_is_decrypted_with_a_shared_key(void**)
{
    for (const Enc& enc : all_encs()) {
        const std::string key = random_text(enc.key_bytes);
        const Jwe jwe = encrypt_direct(enc, key, secret_text);
        assert_text(decrypt_jwe(jwe.compact(), shared_key_of(key)), secret_text);
    }
}

// OIDC Core 10.2
void a_shared_key_is_made_of_the_client_secret(void**)
{
    const auto key = DecryptionKey::from_client_secret("a secret of the client");
    for (const Enc& enc : all_encs()) {
        std::string hash(64, '\0');
        unsigned int size = 0;
        const EVP_MD* digest = enc.key_bytes <= 32   ? EVP_sha256()
                               : enc.key_bytes <= 48 ? EVP_sha384()
                                                     : EVP_sha512();
        EVP_Digest("a secret of the client", 22, writable(hash), &size, digest, nullptr);
        const Jwe jwe = encrypt_direct(enc, hash.substr(0, enc.key_bytes), secret_text);
        assert_text(decrypt_jwe(jwe.compact(), key), secret_text);
    }
}

void its_public_half_is_a_key_for_each_alg(void**)
{
    const std::vector<std::pair<std::string, std::size_t>> expected{
        {"RSA", 2}, {"P-521", 4}, {"X25519", 4}};
    for (const auto& [kind, count] : expected) {
        const auto key = key_of(kind == "RSA" ? rsa_pair() : ec_pair(kind));
        std::set<std::string> names;
        for (const auto& text : key.public_jwks()) {
            const auto jwk = base::Json::parse_object(text, "JWK");
            assert_text(jwk.string("use").value(), "enc");
            assert_text(jwk.string("kid").value(),
                        key.private_key()->kid() + "-" + jwk.string("alg").value());
            assert_false(jwk.has("d"));
            names.insert(jwk.string("alg").value());
        }
        assert_int_equal(names.size(), count);
    }
    assert_true(shared_key_of(std::string(32, 'k')).public_jwks().empty());
    assert_true(DecryptionKey::from_client_secret("secret").public_jwks().empty());
}

void texts_of_every_length_come_out_whole(void**)
{
    const auto encs = all_encs();
    for (const Enc& enc : {encs.front(), encs.back()}) {
        const std::string key = random_text(enc.key_bytes);
        for (std::size_t size = 0; size < 40; size++) {
            const std::string text(size, 'x');
            const Jwe jwe = encrypt_direct(enc, key, text);
            assert_text(decrypt_jwe(jwe.compact(), shared_key_of(key)), text);
        }
    }
}

void a_jwe_is_known_by_its_five_parts(void**)
{
    for (const char* text : {"a.b.c.d.e", "....", "a..c.d."}) {
        assert_true(is_jwe(text));
    }
    for (const char* text : {"", "a.b.c", "a.b.c.d", "a.b.c.d.e.f", "abc"}) {
        assert_false(is_jwe(text));
    }
    assert_false(is_jwe("a.b.c.d." + std::string(200'000, 'e')));
}

void openssl_keeps_no_error_of_ours(void**)
{
    Jwe jwe = encrypt_rsa("RSA-OAEP", all_encs()[0], rsa_pair().get(), secret_text);
    jwe.encrypted_key[0] = static_cast<char>(jwe.encrypted_key[0] ^ 1);
    assert_undecipherable(jwe, key_of(rsa_pair()));
    assert_int_equal(ERR_peek_error(), 0);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_standards_are_decrypted),
        cmocka_unit_test(every_encryption_is_decrypted_with_rsa),
        cmocka_unit_test(every_encryption_is_decrypted_with_an_agreed_key),
        cmocka_unit_test(every_encryption_is_decrypted_with_a_shared_key),
        cmocka_unit_test(a_shared_key_is_made_of_the_client_secret),
        cmocka_unit_test(its_public_half_is_a_key_for_each_alg),
        cmocka_unit_test(texts_of_every_length_come_out_whole),
        cmocka_unit_test(a_jwe_is_known_by_its_five_parts),
        cmocka_unit_test(openssl_keeps_no_error_of_ours),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
