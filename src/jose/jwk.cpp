#include "jose/jwk.hpp"

#include "base/encoding.hpp"
#include "base/secret.hpp"
#include "jose/openssl.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <openssl/core_names.h>
#include <vector>

namespace ciam::jose {

namespace {

constexpr int max_exponent_bits = 64; // OpenSSL's own limit for a long modulus

struct Curve {
    std::string_view kty;
    std::string_view crv;
    const char* openssl_name; // of the type, for an EC key of the group
    std::size_t size;         // bytes of a coordinate or of an OKP key
};

constexpr std::array<Curve, 6> curves{{{"EC", "P-256", "prime256v1", 32},
                                       {"EC", "P-384", "secp384r1", 48},
                                       {"EC", "P-521", "secp521r1", 66},
                                       {"OKP", "Ed25519", "ED25519", 32},
                                       {"OKP", "Ed448", "ED448", 57},
                                       {"OKP", "X25519", "X25519", 32}}};

const Curve* curve_of(const json_t* jwk)
{
    const auto kty = text_member(jwk, "kty");
    const auto crv = text_member(jwk, "crv");
    const auto* found = std::find_if(curves.begin(), curves.end(), [&](const Curve& curve) {
        return kty == curve.kty && crv == curve.crv;
    });
    return found == curves.end() ? nullptr : found;
}

const Curve* curve_of(EVP_PKEY* key)
{
    std::array<char, 64> group{};
    const bool has_group = EVP_PKEY_is_a(key, "EC") == 1 &&
                           EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1;
    const auto* found = std::find_if(curves.begin(), curves.end(), [&](const Curve& curve) {
        return curve.kty == "EC" ? has_group && std::string_view{group.data()} == curve.openssl_name
                                 : EVP_PKEY_is_a(key, curve.openssl_name) == 1;
    });
    return found == curves.end() ? nullptr : found;
}

/// The parameters of a key, collected and kept: the builder has only references until make().
class KeyParts {
public:
    KeyParts() : builder_(OSSL_PARAM_BLD_new()), good_(builder_ != nullptr) {}

    void number(const char* name, std::string_view bytes)
    {
        SecretNumber value{BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr)};
        good_ = good_ && value && OSSL_PARAM_BLD_push_BN(builder_.get(), name, value.get()) == 1;
        numbers_.push_back(std::move(value));
    }
    void text(const char* name, const char* value)
    {
        good_ = good_ && OSSL_PARAM_BLD_push_utf8_string(builder_.get(), name, value, 0) == 1;
    }
    void bytes(const char* name, std::string_view value)
    {
        const std::string& kept = kept_.emplace_back(value);
        good_ = good_ && OSSL_PARAM_BLD_push_octet_string(builder_.get(), name, kept.data(),
                                                          kept.size()) == 1;
    }

    KeyPointer make(const char* type, int selection) const
    {
        const Params params{good_ ? OSSL_PARAM_BLD_to_param(builder_.get()) : nullptr};
        const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
        EVP_PKEY* key = nullptr;
        if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
            EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) != 1) {
            return nullptr;
        }
        return {key, Release<EVP_PKEY_free>{}};
    }

private:
    std::vector<SecretNumber> numbers_;
    std::deque<std::string> kept_;
    ParamBuilder builder_;
    bool good_;
};

bool is_sane_rsa(std::string_view modulus, std::string_view exponent)
{
    const BigNumber n{BN_bin2bn(octets(modulus), static_cast<int>(modulus.size()), nullptr)};
    const BigNumber e{BN_bin2bn(octets(exponent), static_cast<int>(exponent.size()), nullptr)};
    if (!n || !e) {
        return false;
    }
    const int bits = BN_num_bits(n.get());
    return bits >= min_rsa_bits && bits <= max_rsa_bits && BN_is_odd(n.get()) == 1 &&
           BN_is_odd(e.get()) == 1 && BN_is_one(e.get()) == 0 &&
           BN_num_bits(e.get()) <= max_exponent_bits;
}

// RFC 7518 section 6.3.1
bool add_rsa(KeyParts& parts, const json_t* jwk)
{
    const auto modulus = bytes_member(jwk, "n");
    const auto exponent = bytes_member(jwk, "e");
    if (!modulus || !exponent || !is_sane_rsa(*modulus, *exponent)) {
        return false;
    }
    parts.number(OSSL_PKEY_PARAM_RSA_N, *modulus);
    parts.number(OSSL_PKEY_PARAM_RSA_E, *exponent);
    return true;
}

// RFC 7518 section 6.2.1: both coordinates have the full length of the curve.
bool add_ec(KeyParts& parts, const json_t* jwk, const Curve& curve)
{
    const auto x = bytes_member(jwk, "x");
    const auto y = bytes_member(jwk, "y");
    if (!x || !y || x->size() != curve.size || y->size() != curve.size) {
        return false;
    }
    parts.text(OSSL_PKEY_PARAM_GROUP_NAME, curve.openssl_name);
    parts.bytes(OSSL_PKEY_PARAM_PUB_KEY, "\x04" + *x + *y); // uncompressed, SEC 1 section 2.3.3
    return true;
}

// RFC 8037 section 2
bool add_okp(KeyParts& parts, const json_t* jwk, const Curve& curve)
{
    const auto x = bytes_member(jwk, "x");
    if (!x || x->size() != curve.size) {
        return false;
    }
    parts.bytes(OSSL_PKEY_PARAM_PUB_KEY, *x);
    return true;
}

bool passes(int (*check)(EVP_PKEY_CTX*), EVP_PKEY* key)
{
    const KeyContext context{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)};
    return context && check(context.get()) == 1;
}

std::optional<base::Secret> secret_member(const json_t* jwk, const char* name)
{
    auto bytes = bytes_member(jwk, name);
    return bytes ? std::optional{base::Secret{std::move(*bytes)}} : std::nullopt;
}

// RFC 7518 section 6.3.2: all parts or only d.
bool add_rsa_secrets(KeyParts& parts, const json_t* jwk)
{
    constexpr std::array<std::pair<const char*, const char*>, 6> members{{
        {"d", OSSL_PKEY_PARAM_RSA_D},
        {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
        {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},
        {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
        {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2},
        {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
    }};
    return std::all_of(members.begin(), members.end(), [&](const auto& member) {
        const auto bytes = secret_member(jwk, member.first);
        if (bytes) {
            parts.number(member.second, bytes->view());
        }
        return bytes.has_value();
    });
}

std::string number_of(EVP_PKEY* key, const char* name, std::size_t size)
{
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) {
        return {};
    }
    const BigNumber number{raw};
    std::string bytes(size == 0 ? static_cast<std::size_t>(BN_num_bytes(raw)) : size, '\0');
    BN_bn2binpad(raw, reinterpret_cast<unsigned char*>(bytes.data()),
                 static_cast<int>(bytes.size()));
    return base::base64url_encode(bytes);
}

std::string raw_public(EVP_PKEY* key, std::size_t size)
{
    std::string bytes(size, '\0');
    if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(bytes.data()), &size) !=
        1) {
        return {};
    }
    return base::base64url_encode(bytes);
}

KeyPointer checked(KeyPointer key)
{
    return key && passes(EVP_PKEY_check, key.get()) ? std::move(key) : nullptr;
}

KeyPointer rsa_private_key(const json_t* jwk)
{
    KeyParts parts;
    const bool is_whole = add_rsa(parts, jwk) && add_rsa_secrets(parts, jwk);
    return is_whole ? checked(parts.make("RSA", EVP_PKEY_KEYPAIR)) : nullptr;
}

KeyPointer ec_private_key(const json_t* jwk, const Curve& curve, const base::Secret& secret)
{
    KeyParts parts;
    if (!add_ec(parts, jwk, curve)) {
        return nullptr;
    }
    parts.number(OSSL_PKEY_PARAM_PRIV_KEY, secret.view());
    return checked(parts.make("EC", EVP_PKEY_KEYPAIR));
}

/// OpenSSL makes the public half itself: it has to be the one that is written there.
KeyPointer okp_private_key(const json_t* jwk, const Curve& curve, const base::Secret& secret)
{
    KeyPointer key{EVP_PKEY_new_raw_private_key_ex(nullptr, curve.openssl_name, nullptr,
                                                   octets(secret.view()), curve.size),
                   Release<EVP_PKEY_free>{}};
    const bool fits = key && raw_public(key.get(), curve.size) == text_member(jwk, "x");
    return fits ? std::move(key) : nullptr;
}

} // namespace

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

KeyPointer public_key(const json_t* jwk)
{
    KeyParts parts;
    if (text_member(jwk, "kty") == "RSA") {
        return add_rsa(parts, jwk) ? parts.make("RSA", EVP_PKEY_PUBLIC_KEY) : nullptr;
    }
    const Curve* curve = curve_of(jwk);
    if (curve == nullptr) {
        return nullptr;
    }
    if (curve->kty == "OKP") {
        return add_okp(parts, jwk, *curve) ? parts.make(curve->openssl_name, EVP_PKEY_PUBLIC_KEY)
                                           : nullptr;
    }
    KeyPointer key = add_ec(parts, jwk, *curve) ? parts.make("EC", EVP_PKEY_PUBLIC_KEY) : nullptr;
    return key && passes(EVP_PKEY_public_check, key.get()) ? key : nullptr;
}

KeyPointer private_key(const json_t* jwk)
{
    if (text_member(jwk, "kty") == "RSA") {
        return rsa_private_key(jwk);
    }
    const Curve* curve = curve_of(jwk);
    const auto secret = secret_member(jwk, "d");
    if (curve == nullptr || !secret || secret->view().size() != curve->size) {
        return nullptr;
    }
    return curve->kty == "OKP" ? okp_private_key(jwk, *curve, *secret)
                               : ec_private_key(jwk, *curve, *secret);
}

std::string_view key_kind(EVP_PKEY* key)
{
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        return "RSA";
    }
    const Curve* curve = curve_of(key);
    return curve == nullptr ? std::string_view{} : curve->crv;
}

std::string public_members(EVP_PKEY* key)
{
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        return R"({"e":")" + number_of(key, OSSL_PKEY_PARAM_RSA_E, 0) + R"(","kty":"RSA","n":")" +
               number_of(key, OSSL_PKEY_PARAM_RSA_N, 0) + R"("})";
    }
    const Curve* curve = curve_of(key);
    if (curve == nullptr) {
        return {};
    }
    const std::string head = R"({"crv":")" + std::string{curve->crv} + R"(","kty":")" +
                             std::string{curve->kty} + R"(","x":")";
    if (curve->kty == "OKP") {
        return head + raw_public(key, curve->size) + R"("})";
    }
    return head + number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, curve->size) + R"(","y":")" +
           number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, curve->size) + R"("})";
}

std::string thumbprint(EVP_PKEY* key)
{
    const std::string text = public_members(key);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (text.empty() ||
        EVP_Digest(text.data(), text.size(), hash, &size, EVP_sha256(), nullptr) != 1) {
        return {};
    }
    return base::base64url_encode({reinterpret_cast<const char*>(hash), size});
}

} // namespace ciam::jose
