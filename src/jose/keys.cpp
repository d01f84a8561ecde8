#include "jose/keys.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "jose/openssl.hpp"

#include <algorithm>
#include <optional>

namespace ciam::jose {

namespace {

constexpr std::size_t max_keys = 64;

/// What a key of this type (and curve) can verify.
struct Family {
    std::string_view kty;
    std::string_view crv;
    std::vector<Algorithm> algorithms;
};

const std::vector<Family>& families()
{
    using enum Algorithm;
    // RFC 7518 section 3.4: each ECDSA algorithm has one curve. RFC 8037 section 3.1: both Edwards
    // curves are EdDSA.
    static const std::vector<Family> all{
        {"RSA", "", {rs256, rs384, rs512, ps256, ps384, ps512}},
        {"EC", "P-256", {es256}},
        {"EC", "P-384", {es384}},
        {"EC", "P-521", {es512}},
        {"OKP", "Ed25519", {eddsa, ed25519}},
        {"OKP", "Ed448", {eddsa}},
    };
    return all;
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
    key.key = public_key(jwk);
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
