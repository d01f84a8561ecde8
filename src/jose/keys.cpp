#include "jose/keys.hpp"

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "jose/openssl.hpp"

#include <algorithm>
#include <openssl/core_names.h>
#include <optional>

namespace ciam::jose {

namespace {

constexpr std::size_t max_keys = 64;
constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 16384;
constexpr int max_exponent_bits = 64; // OpenSSL's own limit for a long modulus

/// What a key of this type (and curve) can verify.
struct Family {
    std::string_view kty;
    std::string_view crv;
    const char* openssl_name; // of the type, for an EC key of the group
    std::size_t size;         // bytes of a coordinate or of an OKP key
    std::vector<Algorithm> algorithms;
};

const std::vector<Family>& families()
{
    using enum Algorithm;
    // RFC 7518 section 3.4: each ECDSA algorithm has one curve. RFC 8037 section 3.1: both Edwards
    // curves are EdDSA.
    static const std::vector<Family> all{
        {"RSA", "", "RSA", 0, {rs256, rs384, rs512, ps256, ps384, ps512}},
        {"EC", "P-256", "P-256", 32, {es256}},
        {"EC", "P-384", "P-384", 48, {es384}},
        {"EC", "P-521", "P-521", 66, {es512}},
        {"OKP", "Ed25519", "ED25519", 32, {eddsa}},
        {"OKP", "Ed448", "ED448", 57, {eddsa}},
    };
    return all;
}

using KeyPointer = std::shared_ptr<EVP_PKEY>;

std::optional<std::string> text_member(const json_t* jwk, const char* name)
{
    const json_t* value = json_object_get(jwk, name);
    if (!json_is_string(value)) {
        return std::nullopt;
    }
    return std::string{json_string_value(value), json_string_length(value)};
}

std::optional<std::string> bytes_member(const json_t* jwk, const char* name)
{
    const auto text = text_member(jwk, name);
    return text ? base::base64url_decode(*text) : std::nullopt;
}

/// A member that may be absent but has to be a string if it is there.
bool is_text_or_absent(const json_t* jwk, const char* name)
{
    const json_t* value = json_object_get(jwk, name);
    return value == nullptr || json_is_string(value);
}

// RFC 7517 sections 4.2 and 4.3
bool is_for_verifying(const json_t* jwk)
{
    if (json_object_get(jwk, "use") != nullptr && text_member(jwk, "use") != "sig") {
        return false;
    }
    const json_t* operations = json_object_get(jwk, "key_ops");
    if (operations == nullptr) {
        return true;
    }
    for (std::size_t i = 0; i < json_array_size(operations); i++) {
        const char* operation = json_string_value(json_array_get(operations, i));
        if (operation != nullptr && std::string_view{operation} == "verify") {
            return true;
        }
    }
    return false;
}

const Family* family_of(const json_t* jwk)
{
    const auto kty = text_member(jwk, "kty");
    const auto crv = text_member(jwk, "crv");
    for (const Family& family : families()) {
        if (kty == family.kty && (family.crv.empty() || crv == family.crv)) {
            return &family;
        }
    }
    return nullptr;
}

/// RFC 7517 section 4.4: a key that names its algorithm is for that one alone.
std::vector<Algorithm> algorithms_of(const json_t* jwk, const Family& family)
{
    const auto name = text_member(jwk, "alg");
    if (!name) {
        return family.algorithms;
    }
    std::vector<Algorithm> named;
    std::copy_if(family.algorithms.begin(), family.algorithms.end(), std::back_inserter(named),
                 [&name](Algorithm algorithm) { return algorithm_name(algorithm) == *name; });
    return named;
}

KeyPointer make_key(const char* type, const ParamBuilder& builder)
{
    const Params params{OSSL_PARAM_BLD_to_param(builder.get())};
    const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
    EVP_PKEY* key = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
        return nullptr;
    }
    return {key, KeyRelease{}};
}

BigNumber big_number(std::string_view bytes)
{
    return BigNumber{BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr)};
}

bool is_sane_rsa(const BIGNUM* n, const BIGNUM* e)
{
    const int bits = BN_num_bits(n);
    return bits >= min_rsa_bits && bits <= max_rsa_bits && BN_is_odd(n) == 1 && BN_is_odd(e) == 1 &&
           BN_is_one(e) == 0 && BN_num_bits(e) <= max_exponent_bits;
}

// RFC 7518 section 6.3.1
KeyPointer rsa_key(const json_t* jwk)
{
    const auto modulus = bytes_member(jwk, "n");
    const auto exponent = bytes_member(jwk, "e");
    if (!modulus || !exponent) {
        return nullptr;
    }
    const BigNumber n = big_number(*modulus);
    const BigNumber e = big_number(*exponent);
    const ParamBuilder builder{OSSL_PARAM_BLD_new()};
    if (!n || !e || !builder || !is_sane_rsa(n.get(), e.get()) ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
        return nullptr;
    }
    return make_key("RSA", builder);
}

// RFC 7518 section 6.2.1: both coordinates have the full length of the curve.
KeyPointer ec_key(const json_t* jwk, const Family& family)
{
    const auto x = bytes_member(jwk, "x");
    const auto y = bytes_member(jwk, "y");
    const ParamBuilder builder{OSSL_PARAM_BLD_new()};
    if (!x || !y || x->size() != family.size || y->size() != family.size || !builder) {
        return nullptr;
    }
    const std::string point = "\x04" + *x + *y; // uncompressed, SEC 1 section 2.3.3
    if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                        family.openssl_name, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         point.size()) != 1) {
        return nullptr;
    }
    KeyPointer key = make_key("EC", builder);
    const KeyContext check{key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr) : nullptr};
    return check && EVP_PKEY_public_check(check.get()) == 1 ? key : nullptr;
}

// RFC 8037 section 2
KeyPointer okp_key(const json_t* jwk, const Family& family)
{
    const auto x = bytes_member(jwk, "x");
    const ParamBuilder builder{OSSL_PARAM_BLD_new()};
    if (!x || x->size() != family.size || !builder ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, x->data(),
                                         x->size()) != 1) {
        return nullptr;
    }
    return make_key(family.openssl_name, builder);
}

KeyPointer public_key(const json_t* jwk, const Family& family)
{
    if (family.kty == "RSA") {
        return rsa_key(jwk);
    }
    return family.kty == "EC" ? ec_key(jwk, family) : okp_key(jwk, family);
}

std::optional<Key> parse_key(const json_t* jwk)
{
    const Family* family = family_of(jwk);
    if (family == nullptr || !is_for_verifying(jwk) || !is_text_or_absent(jwk, "kid") ||
        !is_text_or_absent(jwk, "alg")) {
        return std::nullopt;
    }
    Key key{text_member(jwk, "kid").value_or(""), algorithms_of(jwk, *family), nullptr};
    if (key.algorithms.empty()) {
        return std::nullopt;
    }
    key.key = public_key(jwk, *family);
    return key.key ? std::optional{std::move(key)} : std::nullopt;
}

} // namespace

Keys Keys::parse(std::string_view json)
{
    const ErrorQueueGuard errors;
    const base::Json set = base::Json::parse_object(json, "key set");
    const json_t* list = json_object_get(set.get(), "keys");
    if (!json_is_array(list)) {
        throw base::Error{base::Fault::provider, "key set has no array \"keys\""};
    }
    if (json_array_size(list) > max_keys) {
        throw base::Error{base::Fault::provider,
                          "key set has more than " + std::to_string(max_keys) + " keys"};
    }
    Keys keys;
    for (std::size_t i = 0; i < json_array_size(list); i++) {
        if (auto key = parse_key(json_array_get(list, i))) {
            keys.keys_.push_back(*std::move(key));
        }
    }
    return keys;
}

std::vector<const Key*> Keys::candidates(std::string_view kid, Algorithm algorithm) const
{
    std::vector<const Key*> fitting;
    for (const Key& key : keys_) {
        const auto& can = key.algorithms;
        if ((kid.empty() || key.kid == kid) &&
            std::find(can.begin(), can.end(), algorithm) != can.end()) {
            fitting.push_back(&key);
        }
    }
    return fitting;
}

} // namespace ciam::jose
