#include "jose/sign.hpp"

#include "base/json.hpp"
#include "jose/jws_example.hpp"
#include "support/encrypting.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::jose;
using namespace ciam::test;

namespace {

base::Json header_of(const std::string& jwt)
{
    return base::Json::parse_object(base::base64url_decode(jwt.substr(0, jwt.find('.'))).value(),
                                    "header");
}

void what_a_key_signs_is_verified_by_its_public_half(void**)
{
    for (const char* kind : {"RS256", "ES256", "ES384", "ES512", "EdDSA"}) {
        const SigningKey pair{kind, "mine"};
        const auto key = PrivateKey::parse(private_pem(pair.get()), "mine");
        for (const Algorithm algorithm : key.signing_algorithms()) {
            const auto jwt = sign_jwt(key, algorithm, payload);
            assert_text(verify(jwt, keys_of(pair)), payload);
            const auto header = header_of(jwt);
            assert_text(header.string("alg").value(), std::string{algorithm_name(algorithm)});
            assert_text(header.string("kid").value(), "mine");
            assert_text(header.string("typ").value(), "JWT");
        }
    }
}

/// r or s with leading zeros, which one in 128 signatures has, keep their full length.
void signatures_always_have_their_full_length(void**)
{
    const SigningKey pair{"ES256"};
    const auto key = PrivateKey::parse(private_pem(pair.get()));
    for (int i = 0; i < 300; i++) {
        assert_int_equal(signature_of(sign_jwt(key, es256, payload)).size(), 64);
    }
}

void a_key_signs_with_nothing_but_its_own_algorithms(void**)
{
    const auto key = PrivateKey::parse(private_pem(ec().get()));
    for (const Algorithm algorithm : {rs256, es384, eddsa, hs256}) {
        assert_true(fault_of([&] { sign_jwt(key, algorithm, payload); }) == base::Fault::internal);
    }
}

void what_a_secret_signs_is_verified_by_the_same_secret(void**)
{
    for (const Algorithm algorithm : {hs256, hs384, hs512}) {
        const std::string secret(least_secret(algorithm), 's');
        const auto jws = parse_jws(sign_jwt_by_secret(secret, algorithm, payload));
        const std::array allowed{algorithm};
        assert_text(verify_jws_by_secret(jws, secret, allowed), payload);
        assert_true(fault_of([&] {
                        verify_jws_by_secret(jws, std::string(secret.size(), 't'), allowed);
                    }) == base::Fault::provider);
    }
}

// RFC 7515 appendix A.1
void the_example_of_the_standard_is_verified(void**)
{
    const auto key = base::base64url_decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75"
                                            "aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    const auto jws = parse_jws(
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogIm"
        "h0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    const std::array allowed{hs256};
    assert_true(contains(verify_jws_by_secret(jws, *key, allowed), "joe"));
}

// RFC 7518 section 3.2
void a_secret_that_is_too_short_neither_signs_nor_verifies(void**)
{
    for (const Algorithm algorithm : {hs256, hs384, hs512}) {
        const std::string secret(least_secret(algorithm), 's');
        const auto jws = parse_jws(sign_jwt_by_secret(secret, algorithm, payload));
        const std::array allowed{algorithm};
        for (const std::string_view shorter :
             {std::string_view{secret}.substr(1), std::string_view{}}) {
            assert_true(fault_of([&] { sign_jwt_by_secret(shorter, algorithm, payload); }) ==
                        base::Fault::internal);
            assert_true(fault_of([&] { verify_jws_by_secret(jws, shorter, allowed); }) ==
                        base::Fault::internal);
        }
    }
}

void a_signature_by_secret_of_every_other_length_is_refused(void**)
{
    const std::string secret(32, 's');
    const auto good = sign_jwt_by_secret(secret, hs256, payload);
    const std::array allowed{hs256};
    for (std::size_t size = 0; size < 32; size++) {
        const auto bad = with_signature(good, signature_of(good).substr(0, size));
        assert_true(fault_of([&] { verify_jws_by_secret(parse_jws(bad), secret, allowed); }) ==
                    base::Fault::provider);
    }
}

void a_secret_verifies_only_what_is_allowed_and_an_hmac(void**)
{
    const std::string secret(64, 's');
    const auto jws = parse_jws(sign_jwt_by_secret(secret, hs512, payload));
    assert_true(fault_of([&] {
                    verify_jws_by_secret(jws, secret, std::array{hs256, rs256});
                }) == base::Fault::provider);
    const auto by_key = parse_jws(rsa().sign(payload));
    assert_true(fault_of([&] { verify_jws_by_secret(by_key, secret, all); }) ==
                base::Fault::internal);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(what_a_key_signs_is_verified_by_its_public_half),
        cmocka_unit_test(signatures_always_have_their_full_length),
        cmocka_unit_test(a_key_signs_with_nothing_but_its_own_algorithms),
        cmocka_unit_test(what_a_secret_signs_is_verified_by_the_same_secret),
        cmocka_unit_test(the_example_of_the_standard_is_verified),
        cmocka_unit_test(a_secret_that_is_too_short_neither_signs_nor_verifies),
        cmocka_unit_test(a_signature_by_secret_of_every_other_length_is_refused),
        cmocka_unit_test(a_secret_verifies_only_what_is_allowed_and_an_hmac),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
