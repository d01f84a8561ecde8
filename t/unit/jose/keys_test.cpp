#include "jose/keys.hpp"

#include "base/json.hpp"
#include "support/signing.hpp"

#include <openssl/err.h>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::jose;
using test::key_set;
using test::SigningKey;

namespace {

/// Made once: RSA takes its time.
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

std::size_t size_of(const std::string& jwk)
{
    return Keys::parse(key_set({jwk})).size();
}

bool is_refused(std::string_view json)
{
    return test::fault_of([&] { Keys::parse(json); }) == base::Fault::provider;
}

/// The text with the first `from` replaced; the test fails if there is none.
std::string replaced(std::string text, const std::string& from, const std::string& to)
{
    const std::size_t at = text.find(from);
    assert_true(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

std::string member(const std::string& jwk, const char* name)
{
    return base::Json::parse_object(jwk, "jwk").string(name).value();
}

std::string rsa_jwk(const std::string& n, const std::string& e)
{
    return R"({"kty":"RSA","n":")" + base::base64url_encode(n) + R"(","e":")" +
           base::base64url_encode(e) + "\"}";
}

void every_type_of_key_is_for_its_own_algorithms(void**)
{
    using enum Algorithm;
    const Keys keys = Keys::parse(
        key_set({rsa().jwk(), ec().jwk(), SigningKey{"ES384", "p384"}.jwk(),
                 SigningKey{"ES512", "p521"}.jwk(), SigningKey{"EdDSA", "ed25519"}.jwk(),
                 SigningKey{"EdDSA", "ed448", "Ed448"}.jwk()}));
    assert_int_equal(keys.size(), 6);
    for (const auto algorithm : {rs256, rs384, rs512, ps256, ps384, ps512}) {
        assert_int_equal(keys.candidates("", algorithm).size(), 1);
        assert_true(keys.candidates("", algorithm).front()->kid == "rsa");
    }
    assert_true(keys.candidates("", es256).at(0)->kid == "ec");
    assert_true(keys.candidates("", es384).at(0)->kid == "p384");
    assert_true(keys.candidates("", es512).at(0)->kid == "p521");
    assert_int_equal(keys.candidates("", eddsa).size(), 2);
    assert_int_equal(keys.candidates("", ed25519).size(), 1);
    assert_true(keys.candidates("", ed25519).front()->kid == "ed25519");
}

void a_kid_is_matched_exactly(void**)
{
    const Keys keys = Keys::parse(key_set({rsa().jwk(), ec().jwk()}));
    assert_int_equal(keys.candidates("rsa", Algorithm::rs256).size(), 1);
    for (const char* kid : {"RSA", "rs", "rsaa", "rsa ", "unknown", "ec"}) {
        assert_true(keys.candidates(kid, Algorithm::rs256).empty());
    }
}

void a_key_without_kid_answers_to_no_kid(void**)
{
    const Keys keys = Keys::parse(key_set({SigningKey{"ES256", ""}.jwk()}));
    assert_int_equal(keys.candidates("", Algorithm::es256).size(), 1);
    assert_true(keys.candidates("any", Algorithm::es256).empty());
}

void two_keys_with_one_kid_are_both_candidates(void**)
{
    const Keys keys =
        Keys::parse(key_set({ec().jwk(), SigningKey{"ES256", "ec"}.jwk(), rsa().jwk()}));
    assert_int_equal(keys.candidates("ec", Algorithm::es256).size(), 2);
}

void a_key_that_names_its_algorithm_is_for_that_alone(void**)
{
    const Keys keys = Keys::parse(key_set({rsa().jwk(R"(,"alg":"PS384")")}));
    assert_int_equal(keys.candidates("", Algorithm::ps384).size(), 1);
    assert_true(keys.candidates("", Algorithm::rs256).empty());
    assert_true(keys.candidates("", Algorithm::ps256).empty());
}

void a_key_that_names_an_algorithm_of_another_kind_is_left_out(void**)
{
    for (const char* algorithm : {"RSA-OAEP", "HS256", "none", "ES256", "rs256", ""}) {
        assert_int_equal(size_of(rsa().jwk(std::string{",\"alg\":\""} + algorithm + "\"")), 0);
    }
    assert_int_equal(size_of(ec().jwk(R"(,"alg":"ES384")")), 0);
    assert_int_equal(size_of(ec().jwk(R"(,"alg":5)")), 0);
}

void keys_for_other_uses_are_left_out(void**)
{
    for (const char* more :
         {R"(,"use":"enc")", R"(,"use":"")", R"(,"use":"SIG")", R"(,"use":1)", R"(,"use":null)",
          R"(,"key_ops":[])", R"(,"key_ops":["sign"])", R"(,"key_ops":["encrypt","wrapKey"])",
          R"(,"key_ops":"verify")", R"(,"key_ops":[1,null])",
          R"(,"use":"enc","key_ops":["verify"])", R"(,"use":"sig","key_ops":["sign"])"}) {
        assert_int_equal(size_of(ec().jwk(more)), 0);
    }
    for (const char* more : {"", R"(,"use":"sig")", R"(,"key_ops":["verify"])",
                             R"(,"key_ops":["sign","verify"],"use":"sig")"}) {
        assert_int_equal(size_of(ec().jwk(more)), 1);
    }
}

void keys_of_unknown_types_are_left_out_and_the_others_stay(void**)
{
    const Keys keys = Keys::parse(key_set(
        {R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T","kid":"ec"})",
         R"({"kty":"XYZ"})", "{}", "1", "null", R"("text")", "[]",
         R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})",
         R"({"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"})",
         R"({"kty":["EC"]})", ec().jwk()}));
    assert_int_equal(keys.size(), 1);
    assert_int_equal(keys.candidates("ec", Algorithm::es256).size(), 1);
}

void rsa_keys_under_2048_bits_are_left_out(void**)
{
    assert_int_equal(size_of(SigningKey("RS256", "short", "", 1024).jwk()), 0);
    assert_int_equal(size_of(SigningKey("RS256", "short", "", 2040).jwk()), 0);
    assert_int_equal(size_of(rsa().jwk()), 1);
}

void rsa_keys_over_16384_bits_are_left_out(void**)
{
    assert_int_equal(size_of(rsa_jwk(std::string(2048, '\xFF'), "\x01\x00\x01")), 0);
    const std::string e{"\x01\x00\x01", 3};
    assert_int_equal(size_of(rsa_jwk(std::string(2048, '\xFF'), e)), 1);
    assert_int_equal(size_of(rsa_jwk(std::string(2049, '\xFF'), e)), 0);
    assert_int_equal(size_of(rsa_jwk(std::string(20000, '\xFF'), e)), 0);
}

void rsa_keys_with_a_foolish_exponent_or_modulus_are_left_out(void**)
{
    const std::string n = base::base64url_decode(member(rsa().jwk(), "n")).value();
    for (const std::string& e :
         {std::string{}, std::string{"\0", 1}, std::string{"\1"}, std::string{"\2"},
          std::string{"\1\0", 2}, std::string(9, '\xFF'), n}) {
        assert_int_equal(size_of(rsa_jwk(n, e)), 0);
    }
    assert_int_equal(size_of(rsa_jwk(n, "\3")), 1);
    std::string even = n;
    even.back() = static_cast<char>(even.back() & ~1);
    assert_int_equal(size_of(rsa_jwk(even, "\3")), 0);
}

void rsa_keys_with_a_broken_member_are_left_out(void**)
{
    assert_int_equal(size_of(replaced(rsa().jwk(), "\"n\":\"", "\"n\":\"=")), 0);
    assert_int_equal(size_of(replaced(rsa().jwk(), "\"n\":\"", "\"m\":\"")), 0);
    assert_int_equal(size_of(replaced(rsa().jwk(), "\"AQAB\"", "\"AQAB=\"")), 0);
    assert_int_equal(size_of(replaced(rsa().jwk(), "\"AQAB\"", "65537")), 0);
    assert_int_equal(size_of(replaced(rsa().jwk(), "\"e\"", "\"f\"")), 0);
}

void points_that_are_not_on_the_curve_are_left_out(void**)
{
    const std::string x = member(ec().jwk(), "x");
    const std::string zero = base::base64url_encode(std::string(32, '\0'));
    const std::string other = member(SigningKey{"ES256"}.jwk(), "x");
    assert_int_equal(size_of(replaced(ec().jwk(), x, other)), 0);
    assert_int_equal(size_of(replaced(ec().jwk(), x, zero)), 0);
    assert_int_equal(
        size_of(R"({"kty":"EC","crv":"P-256","x":")" + zero + R"(","y":")" + zero + "\"}"), 0);
    const std::string large = base::base64url_encode(std::string(32, '\xFF'));
    assert_int_equal(size_of(replaced(ec().jwk(), x, large)), 0);
}

void points_under_the_name_of_another_curve_are_left_out(void**)
{
    for (const char* curve : {"P-384", "P-521", "p-256", "secp256r1", "Ed25519", ""}) {
        assert_int_equal(size_of(replaced(ec().jwk(), "P-256", curve)), 0);
    }
    assert_int_equal(size_of(replaced(SigningKey{"EdDSA"}.jwk(), "Ed25519", "Ed448")), 0);
    assert_int_equal(size_of(replaced(SigningKey{"EdDSA"}.jwk(), "Ed25519", "X25519")), 0);
    assert_int_equal(size_of(replaced(SigningKey{"EdDSA"}.jwk(), "OKP", "EC")), 0);
}

void coordinates_of_another_length_are_left_out(void**)
{
    const std::string x = member(ec().jwk(), "x");
    const std::string bytes = base::base64url_decode(x).value();
    for (const std::string& wrong :
         {std::string{'\0'} + bytes, bytes.substr(1), bytes.substr(0, 31), std::string{}}) {
        assert_int_equal(size_of(replaced(ec().jwk(), x, base::base64url_encode(wrong))), 0);
    }
    // The same point, but the line between its coordinates is drawn elsewhere.
    const std::string y = member(ec().jwk(), "y");
    const std::string y_bytes = base::base64url_decode(y).value();
    const std::string shifted =
        replaced(ec().jwk(), x, base::base64url_encode(bytes.substr(0, 31)));
    assert_int_equal(
        size_of(replaced(shifted, y, base::base64url_encode(bytes.substr(31) + y_bytes))), 0);
    const std::string okp = SigningKey{"EdDSA"}.jwk();
    const std::string raw = base::base64url_decode(member(okp, "x")).value();
    assert_int_equal(
        size_of(replaced(okp, member(okp, "x"), base::base64url_encode(raw.substr(1)))), 0);
    assert_int_equal(size_of(replaced(okp, member(okp, "x"), base::base64url_encode(raw + "a"))),
                     0);
}

void a_kid_that_is_no_text_makes_no_wildcard(void**)
{
    for (const char* kid : {R"(,"kid":1)", R"(,"kid":null)", R"(,"kid":["ec"])"}) {
        assert_int_equal(size_of(SigningKey{"ES256", ""}.jwk(kid)), 0);
    }
}

void what_is_no_key_set_is_refused(void**)
{
    for (const char* json :
         {"", "[]", "{}", R"({"keys":{}})", R"({"keys":null})", R"({"keys":"x"})", R"({"Keys":[]})",
          R"({"keys":[]}x)", R"({"keys":[],"keys":[]})", "<html></html>"}) {
        assert_true(is_refused(json));
    }
    assert_true(is_refused(ec().jwk()));
    assert_int_equal(Keys::parse(R"({"keys":[]})").size(), 0);
}

void more_than_64_keys_are_refused(void**)
{
    std::vector<std::string> jwks(64, ec().jwk());
    assert_int_equal(Keys::parse(key_set(jwks)).size(), 64);
    jwks.emplace_back("{}");
    assert_true(is_refused(key_set(jwks)));
}

void members_that_we_do_not_know_are_ignored(void**)
{
    assert_int_equal(size_of(ec().jwk(R"(,"x5c":["x"],"d":"secret","x5t":"y","foo":{})")), 1);
}

void openssl_keeps_no_error_of_ours(void**)
{
    ERR_clear_error();
    const std::string x = member(ec().jwk(), "x");
    const std::string other = member(SigningKey{"ES256"}.jwk(), "x");
    assert_int_equal(size_of(replaced(ec().jwk(), x, other)), 0);
    assert_int_equal(ERR_peek_error(), 0);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_type_of_key_is_for_its_own_algorithms),
        cmocka_unit_test(a_kid_is_matched_exactly),
        cmocka_unit_test(a_key_without_kid_answers_to_no_kid),
        cmocka_unit_test(two_keys_with_one_kid_are_both_candidates),
        cmocka_unit_test(a_key_that_names_its_algorithm_is_for_that_alone),
        cmocka_unit_test(a_key_that_names_an_algorithm_of_another_kind_is_left_out),
        cmocka_unit_test(keys_for_other_uses_are_left_out),
        cmocka_unit_test(keys_of_unknown_types_are_left_out_and_the_others_stay),
        cmocka_unit_test(rsa_keys_under_2048_bits_are_left_out),
        cmocka_unit_test(rsa_keys_over_16384_bits_are_left_out),
        cmocka_unit_test(rsa_keys_with_a_foolish_exponent_or_modulus_are_left_out),
        cmocka_unit_test(rsa_keys_with_a_broken_member_are_left_out),
        cmocka_unit_test(points_that_are_not_on_the_curve_are_left_out),
        cmocka_unit_test(points_under_the_name_of_another_curve_are_left_out),
        cmocka_unit_test(coordinates_of_another_length_are_left_out),
        cmocka_unit_test(a_kid_that_is_no_text_makes_no_wildcard),
        cmocka_unit_test(what_is_no_key_set_is_refused),
        cmocka_unit_test(more_than_64_keys_are_refused),
        cmocka_unit_test(members_that_we_do_not_know_are_ignored),
        cmocka_unit_test(openssl_keeps_no_error_of_ours),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
