#include "jose/jws.hpp"

#include "base/json.hpp"
#include "support/signing.hpp"

#include <array>
#include <openssl/err.h>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::jose;
using test::assert_text;
using test::contains;
using test::hmac_jws;
using test::key_set;
using test::SigningKey;

namespace {

using enum Algorithm;
constexpr std::array all = {rs256, rs384, rs512, ps256, ps384, ps512, es256, es384, es512, eddsa};

constexpr const char* payload = R"({"iss":"https://idp.example","sub":"hunter2"})";

/// Made once each: RSA takes its time.
const SigningKey& rsa()
{
    static const SigningKey key{"RS256", "rsa"};
    return key;
}

const SigningKey& ec()
{
    static const SigningKey key{"ES256", "ec"};
    return key;
}

std::string verify(std::string_view compact, const Keys& keys,
                   std::span<const Algorithm> allowed = all)
{
    return verify_jws(parse_jws(compact), keys, allowed);
}

bool is_refused(std::string_view compact, const Keys& keys,
                std::span<const Algorithm> allowed = all)
{
    return test::fault_of([&] { verify(compact, keys, allowed); }) == base::Fault::provider;
}

bool does_not_parse(std::string_view compact)
{
    return test::fault_of([&] { parse_jws(compact); }) == base::Fault::provider;
}

Keys keys_of(const SigningKey& key)
{
    return Keys::parse(key_set(key));
}

/// The signature part of a JWS, decoded.
std::string signature_of(std::string_view compact)
{
    return base::base64url_decode(compact.substr(compact.rfind('.') + 1)).value();
}

std::string with_signature(std::string_view compact, std::string_view signature)
{
    return std::string{compact.substr(0, compact.rfind('.') + 1)} +
           base::base64url_encode(signature);
}

void check_round_trip(const SigningKey& key)
{
    const std::string compact = key.sign(payload);
    const Keys keys = keys_of(key);
    assert_text(verify(compact, keys), payload);

    std::string signature = signature_of(compact);
    signature[signature.size() / 2] = static_cast<char>(signature[signature.size() / 2] ^ 1);
    assert_true(is_refused(with_signature(compact, signature), keys));
    signature = signature_of(compact);
    assert_true(is_refused(with_signature(compact, signature + '\0'), keys));
    assert_true(is_refused(with_signature(compact, '\0' + signature), keys));
    assert_true(is_refused(with_signature(compact, signature.substr(1)), keys));
    assert_true(
        is_refused(with_signature(compact, signature.substr(0, signature.size() - 1)), keys));
    assert_true(is_refused(with_signature(compact, ""), keys));
    assert_true(is_refused(with_signature(compact, std::string(signature.size(), '\0')), keys));
    assert_true(is_refused(with_signature(compact, std::string(signature.size(), '\xFF')), keys));
}

void every_algorithm_verifies_and_a_changed_signature_does_not(void**)
{
    for (const Algorithm algorithm : all) {
        check_round_trip(SigningKey{std::string{algorithm_name(algorithm)}});
    }
    check_round_trip(SigningKey{"EdDSA", "ed448", "Ed448"});
    check_round_trip(SigningKey{"RS256", "odd-length", "", 2050});
}

void the_parts_of_a_token_are_told(void**)
{
    const std::string compact = rsa().sign(payload);
    const UnverifiedJws jws = parse_jws(compact);
    assert_true(jws.algorithm == rs256);
    assert_text(jws.kid, "rsa");
    assert_text(jws.typ, "JWT");
    assert_text(jws.payload, payload);
    assert_text(jws.signing_input, compact.substr(0, compact.rfind('.')));
    assert_int_equal(jws.signature.size(), 256);
    const UnverifiedJws bare = parse_jws(ec().sign(R"({"alg":"ES256"})", "x"));
    assert_true(bare.kid.empty() && bare.typ.empty());
}

// RFC 7515 appendix A.2
void the_rs256_example_of_rfc_7515_verifies(void**)
{
    const Keys keys = Keys::parse(
        R"({"keys":[{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHm)"
        R"(fHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZ)"
        R"(o9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMT)"
        R"(BQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2P)"
        R"(AcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}]})");
    assert_text(
        verify("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA"
               "6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat"
               "0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t"
               "1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07"
               "Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv"
               "Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77"
               "Rw",
               keys),
        "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
}

// RFC 7515 appendix A.3
void the_es256_example_of_rfc_7515_verifies(void**)
{
    const Keys keys = Keys::parse(
        R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
    assert_text(
        verify("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA"
               "6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4Ga"
               "wxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
               keys),
        "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
}

// RFC 7515 appendix A.4
void the_es512_example_of_rfc_7515_verifies(void**)
{
    const Keys keys = Keys::parse(
        R"({"keys":[{"kty":"EC","crv":"P-521",)"
        R"("x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWc)"
        R"(eqwQGk",)"
        R"("y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e)"
        R"(3kyMj2"}]})");
    assert_text(
        verify("eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cw"
               "nZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpR"
               "wcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
               keys),
        "Payload");
}

// RFC 8037 appendix A.4
void the_ed25519_example_of_rfc_8037_verifies(void**)
{
    const Keys keys = Keys::parse(
        R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
    assert_text(
        verify("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnL"
               "WG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
               keys),
        "Example of Ed25519 signing");
}

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
        assert_true(does_not_parse(hmac_jws(R"({"alg":"HS256","kid":"rsa"})", payload, key)));
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
    assert_true(contains(message("HS256"), "HS256"));
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

void the_left_half_hash_is_that_of_openid_connect(void**)
{
    // OIDC Core appendix A.3 and A.4
    assert_text(left_half_hash(rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
                "77QmUPtjPfzWtF2AnpK9RQ");
    assert_text(left_half_hash(rs256, "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"),
                "LDktKdoQak3Pk0cnXxCltA");
}

void the_left_half_hash_follows_the_algorithm(void**)
{
    for (const Algorithm algorithm : {rs256, ps256, es256}) {
        assert_int_equal(left_half_hash(algorithm, "x").size(), 22);
    }
    for (const Algorithm algorithm : {rs384, ps384, es384}) {
        assert_int_equal(left_half_hash(algorithm, "x").size(), 32);
    }
    for (const Algorithm algorithm : {rs512, ps512, es512, eddsa}) {
        assert_int_equal(left_half_hash(algorithm, "x").size(), 43);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_algorithm_verifies_and_a_changed_signature_does_not),
        cmocka_unit_test(the_parts_of_a_token_are_told),
        cmocka_unit_test(the_rs256_example_of_rfc_7515_verifies),
        cmocka_unit_test(the_es256_example_of_rfc_7515_verifies),
        cmocka_unit_test(the_es512_example_of_rfc_7515_verifies),
        cmocka_unit_test(the_ed25519_example_of_rfc_8037_verifies),
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
        cmocka_unit_test(the_left_half_hash_is_that_of_openid_connect),
        cmocka_unit_test(the_left_half_hash_follows_the_algorithm),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
