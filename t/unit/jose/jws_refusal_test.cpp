#include "jose/jws.hpp"

#include "base/json.hpp"
#include "jose/jws_example.hpp"

#include <openssl/err.h>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::jose;
using namespace ciam::test;

namespace {

void an_altered_payload_or_header_is_refused(void**)
{
    const std::string compact = ec().sign(payload);
    const std::string signature = signature_of(compact);
    const Keys keys = keys_of(ec());
    const std::string altered =
        test::signing_input(ec().header(), R"({"iss":"https://idp.example","sub":"other"})");
    assert_true(is_refused(altered + "." + base::base64url_encode(signature), keys));
    const std::string reheaded = test::signing_input(ec().header(), payload);
    assert_false(is_refused(reheaded + "." + base::base64url_encode(signature), keys));
    const std::string renamed = test::signing_input(ec().header(R"(,"typ":"at+jwt")"), payload);
    assert_true(is_refused(renamed + "." + base::base64url_encode(signature), keys));
}

void a_signature_by_another_key_is_refused(void**)
{
    const SigningKey other{"ES256", "ec"};
    assert_true(is_refused(other.sign(payload), keys_of(ec())));
    const Keys both = Keys::parse(key_set({ec().jwk(), other.jwk()}));
    assert_false(is_refused(other.sign(payload), both));
}

void alg_none_is_refused_in_every_spelling(void**)
{
    for (const char* name : {"none", "None", "NONE", "nOnE", ""}) {
        const std::string header = std::string{R"({"alg":")"} + name + R"(","kid":"rsa"})";
        assert_true(does_not_parse(test::signing_input(header, payload) + "."));
        assert_true(does_not_parse(rsa().sign(header, payload)));
    }
}

void an_hmac_with_the_public_key_is_refused(void**)
{
    // Key confusion: the public key is no secret.
    const std::string jwk = rsa().jwk();
    const std::string n =
        base::base64url_decode(base::Json::parse_object(jwk, "jwk").string("n").value()).value();
    for (const std::string& key : {jwk, n}) {
        const auto forged = hmac_jws(R"({"alg":"HS256","kid":"rsa"})", payload, key);
        assert_true(is_refused(forged, keys_of(rsa())));
        assert_true(is_refused(forged, keys_of(rsa()), std::array{hs256, rs256}));
        assert_true(
            is_refused(hmac_jws(R"({"alg":"RS256","kid":"rsa"})", payload, key), keys_of(rsa())));
        assert_true(
            is_refused(hmac_jws(R"({"alg":"ES256","kid":"rsa"})", payload, key), keys_of(rsa())));
    }
}

void a_missing_or_unknown_algorithm_is_refused(void**)
{
    for (const char* header :
         {"{}", R"({"kid":"rsa"})", R"({"alg":null})", R"({"alg":256})", R"({"alg":["RS256"]})",
          R"({"alg":"ES256K"})", R"({"alg":"rs256"})", R"({"alg":"RS256\u0000"})"}) {
        assert_true(does_not_parse(rsa().sign(header, payload)));
    }
}

void the_log_names_an_unsupported_algorithm_only_if_it_looks_like_one(void**)
{
    const auto message = [](const std::string& name) {
        return test::message_of(
            [&] { parse_jws(rsa().sign(R"({"alg":")" + name + "\"}", payload)); });
    };
    assert_true(contains(message("ES256K"), "ES256K"));
    assert_false(contains(message("<script>"), "<script>"));
    assert_false(contains(message("line\\nbreak"), "break"));
    assert_false(contains(message(std::string(100, 'A')), "AAAA"));
}

void an_algorithm_that_is_not_allowed_is_refused(void**)
{
    const std::array only_es256 = {es256};
    assert_true(is_refused(rsa().sign(payload), keys_of(rsa()), only_es256));
    assert_false(is_refused(ec().sign(payload), keys_of(ec()), only_es256));
    assert_true(is_refused(ec().sign(payload), keys_of(ec()), {}));
}

void the_header_cannot_choose_an_algorithm_that_the_key_is_not_for(void**)
{
    const Keys keys = Keys::parse(key_set({rsa().jwk(R"(,"alg":"RS256")"), ec().jwk()}));
    for (const char* name : {"RS384", "PS256", "ES256", "EdDSA"}) {
        const std::string header = std::string{R"({"alg":")"} + name + R"(","kid":"rsa"})";
        assert_true(is_refused(rsa().sign(header, payload), keys));
    }
    assert_true(is_refused(ec().sign(R"({"alg":"RS256","kid":"ec"})", payload), keys));
    assert_true(is_refused(ec().sign(R"({"alg":"ES384","kid":"ec"})", payload), keys));
}

void a_signature_of_another_padding_or_hash_is_refused(void**)
{
    const Keys keys = keys_of(rsa());
    for (const char* name : {"PS256", "RS384", "RS512", "PS384", "PS512"}) {
        const std::string header = std::string{R"({"alg":")"} + name + R"(","kid":"rsa"})";
        assert_true(is_refused(rsa().sign(header, payload), keys));
    }
    const SigningKey pss{"PS256", "pss"};
    assert_true(is_refused(pss.sign(R"({"alg":"RS256"})", payload), keys_of(pss)));
}

void a_pss_signature_with_another_salt_length_is_refused(void**)
{
    const SigningKey key{"PS256", "pss"};
    const std::string input = test::signing_input(key.header(), payload);
    for (const int salt : {0, 20, 64}) {
        const std::string signature = key.openssl_signature(input, salt);
        assert_true(is_refused(input + "." + base::base64url_encode(signature), keys_of(key)));
    }
    const std::string signature = key.openssl_signature(input, 32);
    assert_false(is_refused(input + "." + base::base64url_encode(signature), keys_of(key)));
}

void an_rsa_signature_that_lost_its_leading_zero_is_refused(void**)
{
    // As a number it is the same; RFC 8017 section 8.1.2 wants the length of the modulus.
    const SigningKey key{"PS256", "pss"};
    const std::string input = test::signing_input(key.header(), payload);
    std::string signature;
    for (int i = 0; i < 10000 && (signature.empty() || signature.front() != '\0'); i++) {
        signature = key.raw_signature(input);
    }
    assert_int_equal(signature.front(), 0);
    assert_false(is_refused(input + "." + base::base64url_encode(signature), keys_of(key)));
    signature.erase(0, 1);
    assert_true(is_refused(input + "." + base::base64url_encode(signature), keys_of(key)));
}

void the_curve_of_another_algorithm_is_refused(void**)
{
    // ES256 is P-256 alone, even when a P-384 key really signed with SHA-256.
    const SigningKey key{"ES256", "p384", "P-384"};
    assert_true(is_refused(key.sign(payload), keys_of(key)));
    assert_int_equal(keys_of(key).size(), 1);
}

void an_ecdsa_signature_in_der_is_refused(void**)
{
    for (const char* name : {"ES256", "ES384", "ES512"}) {
        const SigningKey key{name};
        const std::string input = test::signing_input(key.header(), payload);
        const std::string der = key.openssl_signature(input);
        assert_true(is_refused(input + "." + base::base64url_encode(der), keys_of(key)));
    }
}

void an_rsa_key_of_1024_bits_verifies_nothing(void**)
{
    const SigningKey key{"RS256", "short", "", 1024};
    assert_true(is_refused(key.sign(payload), keys_of(key)));
    assert_false(has_key_for(parse_jws(key.sign(payload)), keys_of(key)));
}

void an_unknown_kid_is_refused_although_a_key_would_fit(void**)
{
    const std::string compact = rsa().sign(R"({"alg":"RS256","kid":"newer"})", payload);
    assert_false(has_key_for(parse_jws(compact), keys_of(rsa())));
    assert_true(is_refused(compact, keys_of(rsa())));
}

void without_kid_every_fitting_key_is_tried(void**)
{
    const std::string compact = ec().sign(R"({"alg":"ES256"})", payload);
    const Keys keys = Keys::parse(key_set({rsa().jwk(), SigningKey{"ES256", "other"}.jwk(),
                                           ec().jwk(), SigningKey{"ES256", "third"}.jwk()}));
    assert_true(has_key_for(parse_jws(compact), keys));
    assert_text(verify(compact, keys), payload);
    assert_true(is_refused(compact, Keys{}));
}

void keys_in_the_header_are_not_believed(void**)
{
    const SigningKey evil{"ES256", "evil"};
    for (const std::string& more :
         {R"(,"jwk":)" + evil.jwk(), std::string{R"(,"jku":"https://evil.example/keys")"},
          std::string{R"(,"x5u":"https://evil.example/chain","x5c":["AA"])"}}) {
        assert_true(is_refused(evil.sign(R"({"alg":"ES256","kid":"ec")" + more + "}", payload),
                               keys_of(ec())));
        assert_true(
            is_refused(evil.sign(R"({"alg":"ES256")" + more + "}", payload), keys_of(ec())));
    }
}

void critical_headers_are_refused(void**)
{
    for (const char* more : {R"(,"crit":["b64"],"b64":false)", R"(,"crit":["exp"],"exp":1)",
                             R"(,"crit":[])", R"(,"crit":null)", R"(,"crit":"x")"}) {
        assert_true(does_not_parse(ec().sign(ec().header(more), payload)));
    }
}

void an_encrypted_token_is_refused_with_a_hint(void**)
{
    const std::string jwe =
        base::base64url_encode(R"({"alg":"RSA-OAEP","enc":"A256GCM"})") + ".AAAA.AAAA.AAAA.AAAA";
    assert_true(does_not_parse(jwe));
    assert_true(contains(test::message_of([&] { parse_jws(jwe); }), "encrypt"));
}

void another_number_of_parts_is_refused(void**)
{
    const std::string compact = ec().sign(payload);
    for (const std::string& text :
         {std::string{}, std::string{"."}, std::string{".."}, std::string{"a.b"},
          compact.substr(0, compact.rfind('.')), compact + ".", "." + compact, compact + ".AAAA",
          compact + "." + compact, compact + ".AAAA.AAAA.AAAA"}) {
        assert_true(does_not_parse(text));
    }
}

void trailing_and_leading_junk_is_refused(void**)
{
    const std::string compact = ec().sign(payload);
    const Keys keys = keys_of(ec());
    for (const char* junk : {"\n", " ", "=", "A", "AAAA", "!", "%00", "\r\n", "~"}) {
        assert_true(is_refused(compact + junk, keys));
        assert_true(is_refused(junk + compact, keys));
    }
    assert_true(is_refused(compact + '\0', keys));
}

void bad_base64url_is_refused_in_every_part(void**)
{
    const std::string header = base::base64url_encode(R"({"alg":"ES256"})");
    for (const std::string& compact :
         {header + "=.AAAA.AAAA", header + ".AA==.AAAA", header + ".AAAA.AA==", header + ".A.AAAA",
          header + ".AAAA.A", header + ".A+AA.AAAA", header + ".AAAA.A/AA", header + ".AB.AAAA",
          header + ".AAAA.AB", "!" + header + ".AAAA.AAAA", header + ".AA AA.AAAA"}) {
        assert_true(does_not_parse(compact));
    }
    assert_false(does_not_parse(header + ".AAAA.AAAA"));
}

void a_header_that_is_no_object_is_refused(void**)
{
    for (const char* header :
         {"", "null", "[]", R"("RS256")", R"({"alg":"ES256")", R"({"alg":"ES256"}x)",
          R"({"alg":"ES256","alg":"none"})", R"({"alg":"none","alg":"ES256"})",
          R"({"alg":"ES256","kid":1})", R"({"alg":"ES256","typ":{}})"}) {
        assert_true(does_not_parse(ec().sign(header, payload)));
    }
}

void a_token_over_64_kb_is_refused(void**)
{
    assert_true(does_not_parse(ec().sign(std::string(50000, 'x'))));
    const std::string large(48000, 'x');
    assert_text(verify(ec().sign(large), keys_of(ec())), large);
}

void errors_hold_nothing_of_the_token(void**)
{
    const std::string compact = SigningKey{"ES256", "ec"}.sign(payload);
    const std::string message = test::message_of([&] { verify(compact, keys_of(ec())); });
    assert_false(message.empty());
    for (const std::string& part : {std::string{"hunter2"}, compact.substr(0, 8),
                                    compact.substr(compact.rfind('.') + 1, 8)}) {
        assert_false(contains(message, part));
    }
}

void openssl_keeps_no_error_of_ours(void**)
{
    ERR_clear_error();
    const SigningKey other{"RS256", "rsa"};
    assert_true(is_refused(other.sign(payload), keys_of(rsa())));
    assert_true(
        is_refused(with_signature(ec().sign(payload), std::string(64, '\0')), keys_of(ec())));
    assert_int_equal(ERR_peek_error(), 0);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(an_altered_payload_or_header_is_refused),
        cmocka_unit_test(a_signature_by_another_key_is_refused),
        cmocka_unit_test(alg_none_is_refused_in_every_spelling),
        cmocka_unit_test(an_hmac_with_the_public_key_is_refused),
        cmocka_unit_test(a_missing_or_unknown_algorithm_is_refused),
        cmocka_unit_test(the_log_names_an_unsupported_algorithm_only_if_it_looks_like_one),
        cmocka_unit_test(an_algorithm_that_is_not_allowed_is_refused),
        cmocka_unit_test(the_header_cannot_choose_an_algorithm_that_the_key_is_not_for),
        cmocka_unit_test(a_signature_of_another_padding_or_hash_is_refused),
        cmocka_unit_test(a_pss_signature_with_another_salt_length_is_refused),
        cmocka_unit_test(an_rsa_signature_that_lost_its_leading_zero_is_refused),
        cmocka_unit_test(the_curve_of_another_algorithm_is_refused),
        cmocka_unit_test(an_ecdsa_signature_in_der_is_refused),
        cmocka_unit_test(an_rsa_key_of_1024_bits_verifies_nothing),
        cmocka_unit_test(an_unknown_kid_is_refused_although_a_key_would_fit),
        cmocka_unit_test(without_kid_every_fitting_key_is_tried),
        cmocka_unit_test(keys_in_the_header_are_not_believed),
        cmocka_unit_test(critical_headers_are_refused),
        cmocka_unit_test(an_encrypted_token_is_refused_with_a_hint),
        cmocka_unit_test(another_number_of_parts_is_refused),
        cmocka_unit_test(trailing_and_leading_junk_is_refused),
        cmocka_unit_test(bad_base64url_is_refused_in_every_part),
        cmocka_unit_test(a_header_that_is_no_object_is_refused),
        cmocka_unit_test(a_token_over_64_kb_is_refused),
        cmocka_unit_test(errors_hold_nothing_of_the_token),
        cmocka_unit_test(openssl_keeps_no_error_of_ours),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
