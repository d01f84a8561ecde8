#include "jose/private_key.hpp"

#include "base/json.hpp"
#include "jose/jwe_vectors.hpp"
#include "jose/jwk.hpp"
#include "jose/keys.hpp"
#include "support/encrypting.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::jose;
using test::assert_text;
using test::contains;
using test::private_pem;
using test::SigningKey;

namespace {

void assert_refused(std::string_view text, const std::string& reason)
{
    const auto act = [&] { PrivateKey::parse(text); };
    assert_true(test::fault_of(act) == base::Fault::configuration);
    const auto message = test::message_of(act);
    if (!contains(message, reason)) {
        assert_text(message, reason);
    }
    assert_false(contains(message, "MII"));
}

void keys_of_every_kind_are_read_from_pem(void**)
{
    using enum Algorithm;
    const std::vector<std::pair<SigningKey, std::vector<Algorithm>>> expected = [] {
        std::vector<std::pair<SigningKey, std::vector<Algorithm>>> list;
        list.emplace_back(SigningKey{"RS256"},
                          std::vector{ps256, rs256, ps384, rs384, ps512, rs512});
        list.emplace_back(SigningKey{"ES256"}, std::vector{es256});
        list.emplace_back(SigningKey{"ES384"}, std::vector{es384});
        list.emplace_back(SigningKey{"ES512"}, std::vector{es512});
        list.emplace_back(SigningKey{"EdDSA"}, std::vector{eddsa, ed25519});
        list.emplace_back(SigningKey{"EdDSA", "", "X25519"}, std::vector<Algorithm>{});
        return list;
    }();
    for (const auto& [pair, algorithms] : expected) {
        const auto key = PrivateKey::parse(private_pem(pair.get()));
        assert_true(key.signing_algorithms() == algorithms);
        assert_int_equal(EVP_PKEY_eq(key.get(), pair.get()), 1);
    }
}

void its_public_half_is_a_key_of_a_key_set(void**)
{
    for (const char* algorithm : {"RS256", "ES256", "ES384", "ES512", "EdDSA"}) {
        const SigningKey pair{algorithm};
        const auto key = PrivateKey::parse(private_pem(pair.get()), "kid \"1\"");
        const auto jwk = key.public_jwk("sig");
        const auto json = base::Json::parse_object(jwk, "JWK");
        assert_text(json.string("kid").value(), "kid \"1\"");
        assert_text(json.string("use").value(), "sig");
        for (const char* secret : {"d", "p", "q", "dp", "dq", "qi", "k"}) {
            assert_false(json.has(secret));
        }
        const auto keys = Keys::parse(R"({"keys":[)" + jwk + "]}");
        const auto found = keys.candidates("kid \"1\"", *algorithm_from_name(algorithm));
        assert_int_equal(found.size(), 1);
        assert_int_equal(EVP_PKEY_eq(found.front()->key.get(), pair.get()), 1);
    }
}

// RFC 7638 section 3.1
void a_key_without_a_name_is_named_by_its_thumbprint(void**)
{
    const auto jwk = base::Json::parse_object(
        R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7)"
        R"(aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0)"
        R"(h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD)"
        R"(08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awa)"
        R"(pJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})",
        "JWK");
    assert_text(thumbprint(public_key(jwk.get()).get()),
                "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    const SigningKey pair{"ES256"};
    assert_int_equal(PrivateKey::parse(private_pem(pair.get())).kid().size(), 43);
    assert_text(PrivateKey::parse(private_pem(pair.get()), "mine").kid(), "mine");
}

void keys_are_read_from_a_jwk_too(void**)
{
    for (const auto& vector : test::jwe_vectors) {
        if (contains(vector.key, R"("kty":"oct")")) {
            continue;
        }
        const auto key = PrivateKey::parse(vector.key);
        assert_false(key.kid().empty());
        assert_text(PrivateKey::parse(vector.key, "mine").kid(), "mine");
    }
    // RFC 8037 appendix A.1
    const auto key = PrivateKey::parse(
        R"( {"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",)"
        R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
    const std::vector expected{Algorithm::eddsa, Algorithm::ed25519};
    assert_true(key.signing_algorithms() == expected);
}

void a_jwk_whose_parts_do_not_fit_is_refused(void**)
{
    const char* reason = "no private key";
    assert_refused(
        R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",)"
        R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp"})",
        reason);
    const SigningKey one{"ES256", ""};
    const std::string d(43, 'A');
    assert_refused(one.jwk(R"(,"d":")" + d + "\""), reason);
    assert_refused(one.jwk(""), reason);
    assert_refused(SigningKey{"RS256", ""}.jwk(R"(,"d":"AQAB")"), reason);
    assert_refused(R"({"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA"})", reason);
    assert_refused("{", "not valid JSON");
}

void what_is_no_key_is_refused(void**)
{
    const SigningKey pair{"ES256"};
    const auto pem = private_pem(pair.get());
    for (const std::string& text : {std::string{}, std::string{"secret"}, pem.substr(0, 60),
                                    "-----BEGIN PUBLIC KEY-----\n" + pem.substr(28)}) {
        assert_refused(text, "no private key in PEM form");
    }
}

/// nginx must never wait at the terminal.
void a_key_with_a_password_is_refused_and_nobody_is_asked(void**)
{
    const SigningKey pair{"ES256"};
    const std::unique_ptr<BIO, decltype(&BIO_free)> bytes{BIO_new(BIO_s_mem()), BIO_free};
    unsigned char password[] = "password";
    PEM_write_bio_PrivateKey(bytes.get(), pair.get(), EVP_aes_128_cbc(), password, 8, nullptr,
                             nullptr);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bytes.get(), &data);
    assert_refused({data, static_cast<std::size_t>(size)}, "without a password");
}

void weak_and_unknown_kinds_are_refused(void**)
{
    assert_refused(private_pem(SigningKey{"RS256", "", "", 1024}.get()), "1024 bits");
    assert_refused(private_pem(SigningKey{"ES256", "", "secp256k1"}.get()), "can't be used");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_every_kind_are_read_from_pem),
        cmocka_unit_test(its_public_half_is_a_key_of_a_key_set),
        cmocka_unit_test(a_key_without_a_name_is_named_by_its_thumbprint),
        cmocka_unit_test(keys_are_read_from_a_jwk_too),
        cmocka_unit_test(a_jwk_whose_parts_do_not_fit_is_refused),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(a_key_with_a_password_is_refused_and_nobody_is_asked),
        cmocka_unit_test(weak_and_unknown_kinds_are_refused),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
