#include "jose/jwe_example.hpp"

using namespace ciam;
using namespace ciam::test;

namespace {

const Enc& cbc()
{
    static const Enc enc = all_encs().front();
    return enc;
}

const Enc& gcm()
{
    static const Enc enc = all_encs().back();
    return enc;
}

void flip(std::string& bytes, std::size_t at)
{
    bytes.at(at) = static_cast<char>(bytes.at(at) ^ 0x40);
}

/// A header of our own with a good rest.
std::string message_for_header(const std::string& header)
{
    Jwe jwe = encrypt_rsa("RSA-OAEP", gcm(), rsa_pair().get(), secret_text);
    jwe.header = header;
    return message_of_decrypting(jwe, key_of(rsa_pair()));
}

void every_changed_byte_is_refused(void**)
{
    const std::string key = random_text(32);
    for (const Enc& enc : {cbc(), gcm()}) {
        const Jwe good = encrypt_direct(enc, key, secret_text);
        for (std::string Jwe::*part : {&Jwe::iv, &Jwe::ciphertext, &Jwe::tag}) {
            for (std::size_t i = 0; i < (good.*part).size(); i++) {
                Jwe bad = good;
                flip(bad.*part, i);
                assert_undecipherable(bad, shared_key_of(key));
            }
        }
    }
}

void a_changed_header_is_refused(void**)
{
    const std::string key = random_text(32);
    for (const Enc& enc : {cbc(), gcm()}) {
        Jwe bad = encrypt_direct(enc, key, secret_text);
        bad.header.insert(1, " ");
        assert_undecipherable(bad, shared_key_of(key));
    }
}

/// The length of a tag or of a nonce is never what the token says it is.
void parts_of_every_other_length_are_refused(void**)
{
    const std::string key = random_text(32);
    for (const Enc& enc : {cbc(), gcm()}) {
        const Jwe good = encrypt_direct(enc, key, secret_text);
        for (std::string Jwe::*part : {&Jwe::iv, &Jwe::ciphertext, &Jwe::tag}) {
            for (std::size_t size = 0; size < 70; size++) {
                Jwe bad = good;
                (bad.*part).resize(size, '\0');
                if (size != (good.*part).size()) {
                    assert_undecipherable(bad, shared_key_of(key));
                }
            }
        }
    }
}

/// An encrypted key that is longer than the key it should hold must not be written anywhere.
void encrypted_keys_of_every_other_length_are_refused(void**)
{
    const auto key = key_of(ec_pair());
    const SigningKey sender{"ES256", ""};
    const Jwe good =
        encrypt_agreed("ECDH-ES+A128KW", 16, gcm(), ec_pair().get(), sender, secret_text);
    for (std::size_t size = 0; size < 400; size++) {
        Jwe bad = good;
        bad.encrypted_key.resize(size, 'x');
        if (size != good.encrypted_key.size()) {
            assert_undecipherable(bad, key);
        }
    }
}

/// A key of another length, wrapped as it should be: as long as "enc" needs, or nothing.
void wrapped_keys_of_another_length_are_refused(void**)
{
    const auto key = key_of(ec_pair());
    const SigningKey sender{"ES256", ""};
    for (const std::size_t size : {16U, 24U, 40U, 64U, 512U}) {
        Jwe bad = encrypt_agreed("ECDH-ES+A128KW", 16, gcm(), ec_pair().get(), sender, secret_text);
        const std::string kek =
            concat_kdf(agreed(sender.get(), ec_pair().get()), "ECDH-ES+A128KW", "Alice", "Bob", 16);
        const std::string cek = random_text(size);
        bad.encrypted_key = aes_wrap(kek, cek);
        assert_undecipherable(bad, key);
    }
}

void rsa_keys_of_another_length_are_refused(void**)
{
    const auto key = key_of(rsa_pair());
    for (const std::size_t size : {0U, 1U, 16U, 31U, 33U, 64U, 190U}) {
        Jwe bad = encrypt_rsa("RSA-OAEP", gcm(), rsa_pair().get(), secret_text);
        bad.encrypted_key = rsa_oaep(rsa_pair().get(), EVP_sha1(), random_text(size));
        assert_undecipherable(bad, key);
    }
    for (const std::size_t size : {0U, 1U, 255U, 257U, 512U}) {
        Jwe bad = encrypt_rsa("RSA-OAEP", gcm(), rsa_pair().get(), secret_text);
        bad.encrypted_key.resize(size, '\0');
        assert_undecipherable(bad, key);
    }
}

/// Whoever guesses that a failed decryption leaves a key of zeros gets nothing.
void a_key_of_zeros_opens_nothing(void**)
{
    const auto key = key_of(rsa_pair());
    for (const Enc& enc : all_encs()) {
        Jwe bad = encrypt_rsa("RSA-OAEP", enc, rsa_pair().get(), secret_text);
        bad.seal(enc, std::string(enc.key_bytes, '\0'), secret_text);
        assert_undecipherable(bad, key);
        flip(bad.encrypted_key, 3);
        assert_undecipherable(bad, key);
    }
}

void a_token_for_another_key_is_refused(void**)
{
    const SigningKey other{"RS256", ""};
    assert_undecipherable(encrypt_rsa("RSA-OAEP", gcm(), other.get(), secret_text),
                          key_of(rsa_pair()));
    const SigningKey sender{"ES256", ""};
    const SigningKey other_curve{"ES256", ""};
    assert_undecipherable(
        encrypt_agreed("ECDH-ES", 0, gcm(), other_curve.get(), sender, secret_text),
        key_of(ec_pair()));
    assert_undecipherable(encrypt_direct(gcm(), random_text(32), secret_text),
                          shared_key_of(random_text(32)));
}

void an_oaep_digest_other_than_the_named_one_is_refused(void**)
{
    Jwe bad = encrypt_rsa("RSA-OAEP", gcm(), rsa_pair().get(), secret_text);
    const std::string cek = random_text(32);
    bad.encrypted_key = rsa_oaep(rsa_pair().get(), EVP_sha256(), cek);
    bad.seal(gcm(), cek, secret_text);
    assert_undecipherable(bad, key_of(rsa_pair()));
}

void a_shared_key_of_another_length_is_refused(void**)
{
    const std::string key = random_text(32);
    assert_undecipherable(encrypt_direct(gcm(), key, secret_text), shared_key_of(key + "x"));
    assert_undecipherable(encrypt_direct(gcm(), key, secret_text),
                          shared_key_of(key.substr(0, 16)));
}

void an_encrypted_key_beside_an_agreed_or_shared_one_is_refused(void**)
{
    const std::string key = random_text(32);
    Jwe bad = encrypt_direct(gcm(), key, secret_text);
    bad.encrypted_key = "x";
    assert_undecipherable(bad, shared_key_of(key));
    const SigningKey sender{"ES256", ""};
    bad = encrypt_agreed("ECDH-ES", 0, gcm(), ec_pair().get(), sender, secret_text);
    bad.encrypted_key = "x";
    assert_undecipherable(bad, key_of(ec_pair()));
}

void a_senders_key_that_is_wrong_is_refused(void**)
{
    const auto key = key_of(ec_pair());
    const std::string x = R"("x":"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0")";
    const std::string off_curve = R"("y":"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps")";
    const std::string same = ec_pair().jwk("");
    for (const std::string& epk :
         {std::string{}, std::string{R"(,"epk":null)"}, std::string{R"(,"epk":"x")"},
          R"(,"epk":{"kty":"EC","crv":"P-256",)" + x + "," + off_curve + "}",
          R"(,"epk":{"kty":"EC","crv":"P-256",)" + x + "}", R"(,"epk":)" + rsa_pair().jwk(""),
          R"(,"epk":)" + ec_pair("P-384").jwk(""), R"(,"epk":)" + ec_pair("X25519").jwk("")}) {
        Jwe bad{jwe_header("ECDH-ES", gcm().name, epk), "", "", "", ""};
        bad.seal(gcm(), random_text(32), secret_text);
        assert_undecipherable(bad, key);
    }
}

/// Points of small order, with which the agreed secret is known beforehand (RFC 7748 section 6.1).
void a_senders_point_of_small_order_is_refused(void**)
{
    for (const std::string& point :
         {std::string(32, '\0'), std::string{'\1'} + std::string(31, '\0')}) {
        const std::string epk =
            R"(,"epk":{"kty":"OKP","crv":"X25519","x":")" + base::base64url_encode(point) + "\"}";
        Jwe bad{jwe_header("ECDH-ES", gcm().name, epk), "", "", "", ""};
        bad.seal(gcm(), concat_kdf(std::string(32, '\0'), gcm().name, "", "", 32), secret_text);
        assert_undecipherable(bad, key_of(ec_pair("X25519")));
    }
}

void party_information_that_is_no_base64url_is_refused(void**)
{
    const SigningKey sender{"ES256", ""};
    for (const char* apu : {R"("=")", "1", "null"}) {
        Jwe bad{jwe_header("ECDH-ES", gcm().name,
                           std::string{R"(,"apu":)"} + apu + R"(,"epk":)" + sender.jwk("")),
                "", "", "", ""};
        const auto secret = agreed(sender.get(), ec_pair().get());
        bad.seal(gcm(), concat_kdf(secret, gcm().name, "", "", 32), secret_text);
        assert_undecipherable(bad, key_of(ec_pair()));
    }
}

// The header: it is public, so its faults are named.

void compression_is_refused(void**)
{
    assert_true(
        contains(message_for_header(jwe_header("RSA-OAEP", "A256GCM", R"(,"zip":"DEF")")), "zip"));
}

void critical_headers_are_refused(void**)
{
    for (const char* crit : {R"(,"crit":["exp"])", R"(,"crit":[])", R"(,"crit":null)"}) {
        assert_true(contains(message_for_header(jwe_header("RSA-OAEP", "A256GCM", crit)), "crit"));
    }
}

void unsafe_and_unknown_algorithms_are_refused(void**)
{
    for (const char* alg : {"RSA1_5", "A128KW", "PBES2-HS256+A128KW", "none", "", "rsa-oaep"}) {
        assert_true(contains(message_for_header(jwe_header(alg, "A256GCM")), "alg"));
    }
    for (const char* enc : {"A128CBC", "none", "", "a256gcm", "A256GCM "}) {
        assert_true(contains(message_for_header(jwe_header("RSA-OAEP", enc)), "enc"));
    }
    assert_true(contains(message_for_header("{}"), "alg"));
    assert_true(contains(message_for_header(R"({"alg":"RSA-OAEP"})"), "enc"));
    assert_false(contains(message_for_header(jwe_header("<script>", "A256GCM")), "<script>"));
}

void an_algorithm_for_another_kind_of_key_is_refused(void**)
{
    assert_true(contains(message_for_header(jwe_header("dir", "A256GCM")), "wrong kind"));
    assert_true(contains(message_for_header(jwe_header("ECDH-ES", "A256GCM")), "wrong kind"));
    const Jwe jwe = encrypt_rsa("RSA-OAEP", gcm(), rsa_pair().get(), secret_text);
    assert_true(contains(message_of_decrypting(jwe, key_of(ec_pair())), "wrong kind"));
    assert_true(contains(message_of_decrypting(jwe, shared_key_of(random_text(32))), "wrong kind"));
}

void headers_that_are_no_plain_object_are_refused(void**)
{
    for (const char* header : {"", "[]", "x", R"({"alg":"RSA-OAEP","alg":"dir","enc":"A256GCM"})",
                               R"({"alg":1,"enc":"A256GCM"})"}) {
        message_for_header(header);
    }
}

void what_is_no_compact_jwe_is_refused(void**)
{
    const auto key = key_of(rsa_pair());
    const std::string good =
        encrypt_rsa("RSA-OAEP", gcm(), rsa_pair().get(), secret_text).compact();
    for (const std::string& text :
         {std::string{}, std::string{"a.b.c"}, good + ".x", good + "=", good + " ", "." + good,
          good.substr(0, good.rfind('.')), std::string(200'000, '.'), std::string(200'000, 'x')}) {
        assert_true(fault_of([&] { decrypt_jwe(text, key); }) == base::Fault::provider);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_changed_byte_is_refused),
        cmocka_unit_test(a_changed_header_is_refused),
        cmocka_unit_test(parts_of_every_other_length_are_refused),
        cmocka_unit_test(encrypted_keys_of_every_other_length_are_refused),
        cmocka_unit_test(wrapped_keys_of_another_length_are_refused),
        cmocka_unit_test(rsa_keys_of_another_length_are_refused),
        cmocka_unit_test(a_key_of_zeros_opens_nothing),
        cmocka_unit_test(a_token_for_another_key_is_refused),
        cmocka_unit_test(an_oaep_digest_other_than_the_named_one_is_refused),
        cmocka_unit_test(a_shared_key_of_another_length_is_refused),
        cmocka_unit_test(an_encrypted_key_beside_an_agreed_or_shared_one_is_refused),
        cmocka_unit_test(a_senders_key_that_is_wrong_is_refused),
        cmocka_unit_test(a_senders_point_of_small_order_is_refused),
        cmocka_unit_test(party_information_that_is_no_base64url_is_refused),
        cmocka_unit_test(compression_is_refused),
        cmocka_unit_test(critical_headers_are_refused),
        cmocka_unit_test(unsafe_and_unknown_algorithms_are_refused),
        cmocka_unit_test(an_algorithm_for_another_kind_of_key_is_refused),
        cmocka_unit_test(headers_that_are_no_plain_object_are_refused),
        cmocka_unit_test(what_is_no_compact_jwe_is_refused),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
