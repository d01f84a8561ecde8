#include "jose/jws.hpp"

#include "base/json.hpp"
#include "jose/jws_example.hpp"

#include <openssl/err.h>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::jose;
using namespace ciam::test;

namespace {

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

// A public key whose first byte is 0x80, which is a sign in another encoding, was refused by
// lua-resty-openidc.

void an_rsa_key_whose_first_byte_is_80_verifies(void**)
{
    const Keys keys = Keys::parse(
        R"({"keys":[{"kty":"RSA","e":"AQAB","n":")"
        R"(gAAC6uqxdpcnO-3WxTm4zrANeEc6KM8SnDB845C5olO0iUIUi-zUzKoVZqOuNKESENgILVIl2dAdwPQX)"
        R"(BcwpX8xopvz584ecpiSq2bWHGxI0pnf7qXTbdOx4T0W56wEez7d522jiBpz4pSUuTJI_GN22uD0PDrxw)"
        R"(oI1ufNgu-P5qTD-jjigfGasPOvIGMd8_UruQtp_QeY5xbCzp5oH4iSSn8eMUvHDptJ_c84KipTCAXpOG)"
        R"(o7UfUTNRoBkWRltms7u9B2byT5MNSejhTAhDdrWIrXs-4r8_WNysW0AgnI7HccTLvAPIyAn4_F59L87X)"
        R"(TDER4RIvruW0Qd0Aky_Lxw)"
        R"("}]})");
    assert_text(
        verify("eyJhbGciOiJSUzI1NiJ9.dGV4dA.ZqrPNFPZnsl34A0bpXkFImvvWpDFXyB6tPnrlePmmC_5DPP3"
               "4XgpcaHmCIZHvziIotVbv4ZRMTUX8OoYVYaarrnEWMTeC7gHyvzot79LgnksyAQfwLaDbPti_XtF"
               "gEQDByRJRO3fAwW4z1kVVWGuIDXX77LQ__cEPCl9nDIYG1Bl2FHHDA5btzqEhLlYcbZPWldfgc8T"
               "rW9pjXb6VwqCCWYdSGcHHeMs5RUzXDXLdNNDviM2sunI4oG-c86LnTJ2eWSsHPPXHwxthqgxIzs7"
               "ExjMSyDUXpwXRJX3TC2K3jr5LSG4UAK0NZHAOlBf8KMSEbSbv3m2K96W4dQG0YH1uQ",
               keys),
        "text");
}

void a_point_verifies_whatever_its_first_bytes_are(void**)
{
    for (const char* coordinate : {"x", "y"}) {
        for (const char first : {'\x80', '\x00', '\xFF'}) {
            const auto begins_so = [&](const SigningKey& key) {
                const auto jwk = base::Json::parse_object(key.jwk(), "key");
                return base::base64url_decode(jwk.string(coordinate).value()).value().front() ==
                       first;
            };
            SigningKey key{"ES256"};
            for (int tries = 0; !begins_so(key); tries++) {
                assert_true(tries < 100'000);
                key = SigningKey{"ES256"};
            }
            assert_text(verify(key.sign(payload), keys_of(key)), payload);
        }
    }
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
        cmocka_unit_test(an_rsa_key_whose_first_byte_is_80_verifies),
        cmocka_unit_test(a_point_verifies_whatever_its_first_bytes_are),
        cmocka_unit_test(the_left_half_hash_is_that_of_openid_connect),
        cmocka_unit_test(the_left_half_hash_follows_the_algorithm),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
