#include "jose/jws.hpp"

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/secret.hpp"
#include "jose/compact.hpp"
#include "jose/openssl.hpp"
#include "jose/scheme.hpp"

#include <algorithm>
#include <vector>

namespace ciam::jose {

namespace {

constexpr std::size_t max_bytes = std::size_t{64} * 1024;

[[noreturn]] void refuse(const std::string& reason)
{
    throw base::Error{base::Fault::provider, "signed token " + reason};
}

std::string decode(std::string_view part, const char* name)
{
    auto bytes = base::base64url_decode(part);
    if (!bytes) {
        refuse(std::string{"has a "} + name + " that is not base64url");
    }
    return *std::move(bytes);
}

Algorithm algorithm_of(const base::Json& header)
{
    const auto name = header.string("alg");
    if (!name) {
        refuse("has no \"alg\" in its header");
    }
    const auto algorithm = algorithm_from_name(*name);
    if (!algorithm) {
        refuse("is signed with an algorithm that is not supported (" + quotable_name(*name) +
               "); choose RS256 or ES256 for this client at the provider");
    }
    return *algorithm;
}

/// RFC 7518 section 3.4: r and s side by side, each as long as the curve's order; OpenSSL wants
/// DER. Empty when the length is another.
std::string der_signature(std::string_view raw, std::size_t coordinate)
{
    if (raw.size() != 2 * coordinate) {
        return {};
    }
    const auto number = [raw, coordinate](std::size_t offset) {
        return BN_bin2bn(octets(raw.substr(offset)), static_cast<int>(coordinate), nullptr);
    };
    BigNumber r{number(0)};
    BigNumber s{number(coordinate)};
    const EcdsaSignature signature{ECDSA_SIG_new()};
    if (!r || !s || !signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
        return {};
    }
    static_cast<void>(r.release());
    static_cast<void>(s.release());
    std::string der(static_cast<std::size_t>(std::max(0, i2d_ECDSA_SIG(signature.get(), nullptr))),
                    '\0');
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    i2d_ECDSA_SIG(signature.get(), &out);
    return der;
}

/// The signature as OpenSSL takes it; empty when its length is wrong.
std::string openssl_signature(std::string_view raw, EVP_PKEY* key)
{
    if (EVP_PKEY_is_a(key, "EC") == 1) {
        return der_signature(raw, coordinate_bytes(key));
    }
    // RFC 8017 sections 8.1.2 and 8.2.2: exactly as long as the modulus.
    const bool fits = raw.size() == static_cast<std::size_t>(EVP_PKEY_get_size(key));
    return fits ? std::string{raw} : std::string{};
}

bool holds(const UnverifiedJws& jws, EVP_PKEY* key)
{
    const ErrorQueueGuard errors;
    const std::string signature = openssl_signature(jws.signature, key);
    const DigestContext context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* parameters = nullptr; // owned by context
    return !signature.empty() && context &&
           EVP_DigestVerifyInit(context.get(), &parameters, digest_of(jws.algorithm), nullptr,
                                key) == 1 &&
           set_padding(parameters, jws.algorithm, key) &&
           EVP_DigestVerify(context.get(), octets(signature), signature.size(),
                            octets(jws.signing_input), jws.signing_input.size()) == 1;
}

void require_allowed(Algorithm algorithm, std::span<const Algorithm> allowed)
{
    if (std::find(allowed.begin(), allowed.end(), algorithm) == allowed.end()) {
        refuse("is signed with " + std::string{algorithm_name(algorithm)} +
               ", which is not allowed for this provider; id_token_alg says what is");
    }
}

} // namespace

UnverifiedJws parse_jws(std::string_view compact)
{
    if (compact.size() > max_bytes) {
        refuse("is longer than 64 KB");
    }
    const auto parts = split_compact(compact);
    if (parts.size() == 5) {
        refuse("is encrypted (JWE)");
    }
    if (parts.size() != 3) {
        refuse("does not have three parts");
    }
    const auto header =
        base::Json::parse_object(decode(parts[0], "header"), "header of the signed token");
    if (json_object_get(header.get(), "crit") != nullptr) {
        refuse("has critical header parameters (\"crit\"), none of which is supported");
    }
    return {algorithm_of(header),
            header.string("kid").value_or(""),
            header.string("typ").value_or(""),
            std::string{compact.substr(0, parts[0].size() + 1 + parts[1].size())},
            decode(parts[1], "payload"),
            decode(parts[2], "signature")};
}

bool has_key_for(const UnverifiedJws& jws, const Keys& keys)
{
    return !keys.candidates(jws.kid, jws.algorithm).empty();
}

std::string verify_jws(const UnverifiedJws& jws, const Keys& keys,
                       std::span<const Algorithm> allowed)
{
    require_allowed(jws.algorithm, allowed);
    const std::string name{algorithm_name(jws.algorithm)};
    const auto candidates = keys.candidates(jws.kid, jws.algorithm);
    if (candidates.empty()) {
        refuse("names a key that is not in the provider's key set, or one that is not for " + name);
    }
    const auto signed_by = [&jws](const Key* key) { return holds(jws, key->key.get()); };
    if (std::none_of(candidates.begin(), candidates.end(), signed_by)) {
        refuse("has a signature that none of the provider's keys made");
    }
    return jws.payload;
}

std::string verify_jws_by_secret(const UnverifiedJws& jws, std::string_view secret,
                                 std::span<const Algorithm> allowed)
{
    require_allowed(jws.algorithm, allowed);
    if (!is_mac(jws.algorithm) || secret.size() < least_secret(jws.algorithm)) {
        throw base::Error{base::Fault::internal, "a signed token is checked by a wrong secret"};
    }
    const std::string right = mac_of(jws.algorithm, secret, jws.signing_input);
    if (!base::equal_secret(right, jws.signature)) {
        refuse("has a signature that was not made with the client_secret");
    }
    return jws.payload;
}

std::string left_half_hash(Algorithm algorithm, std::string_view value)
{
    // EdDSA with Ed25519 hashes with SHA-512 (RFC 8032 section 5.1).
    const bool is_edwards = algorithm == Algorithm::eddsa || algorithm == Algorithm::ed25519;
    const EVP_MD* md = is_edwards ? EVP_sha512() : digest_of(algorithm);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest(value.data(), value.size(), hash, &size, md, nullptr) != 1) {
        throw base::Error{base::Fault::internal, "OpenSSL could not compute a hash"};
    }
    return base::base64url_encode({reinterpret_cast<const char*>(hash), size / 2});
}

} // namespace ciam::jose
