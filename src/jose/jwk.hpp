// One JSON Web Key (RFC 7517) as OpenSSL's key, and back.
#pragma once

#include <jansson.h>
#include <memory>
#include <openssl/evp.h>
#include <optional>
#include <string>
#include <string_view>

namespace ciam::jose {

using KeyPointer = std::shared_ptr<EVP_PKEY>;

inline constexpr int min_rsa_bits = 2048;
inline constexpr int max_rsa_bits = 16384;

/// A member that is a string; nullopt when it is absent or something else.
std::optional<std::string> text_member(const json_t* jwk, const char* name);
/// A member that is base64url, decoded.
std::optional<std::string> bytes_member(const json_t* jwk, const char* name);

/// A public key: RSA of 2048 to 16384 bits, EC (P-256, P-384, P-521; the point is on its curve),
/// OKP (Ed25519, Ed448, X25519). Null for all else. What the member "d" holds is not looked at.
KeyPointer public_key(const json_t* jwk);

/// A private key of these kinds, whose parts fit each other. Null for all else.
KeyPointer private_key(const json_t* jwk);

/// The members that a public key must have, and no others, in the order of RFC 7638: `{"crv":…}`.
/// Empty for a key of a kind that public_key() does not know.
std::string public_members(EVP_PKEY* key);

/// RFC 7638: SHA-256 of public_members(), base64url.
std::string thumbprint(EVP_PKEY* key);

/// "RSA", or the curve as JWK names it: "P-256", "Ed25519" ...; empty for one that we do not know.
std::string_view key_kind(EVP_PKEY* key);

} // namespace ciam::jose
