// JSON Web Signature, compact serialization (RFC 7515 section 7.1), verification only.
#pragma once

#include "jose/keys.hpp"

#include <span>
#include <string>
#include <string_view>

namespace ciam::jose {

/// A JWS that was taken apart and not verified: nothing in it may be believed.
struct UnverifiedJws {
    Algorithm algorithm;
    std::string kid;           // empty when absent
    std::string typ;           // as sent; empty when absent
    std::string signing_input; // header.payload
    std::string payload;       // decoded
    std::string signature;     // decoded
};

/// Throws Error{Fault::provider}: not three parts, bad base64url, header no JSON object, alg
/// missing, unknown or "none", "crit" present (RFC 7515 section 4.1.11), longer than 64 KB, or
/// encrypted (JWE, five parts).
UnverifiedJws parse_jws(std::string_view compact);

/// True when the set has a key that may have signed it (RFC 7515 section 6).
bool has_key_for(const UnverifiedJws& jws, const Keys& keys);

/// Returns the payload. Throws Error{Fault::provider} when alg is not in `allowed`, no key fits or
/// no signature holds. The algorithm is taken from the allow-list and the key's type, never from
/// the header alone.
std::string verify_jws(const UnverifiedJws& jws, const Keys& keys,
                       std::span<const Algorithm> allowed);

/// The same for HMAC: `secret` is the one that only the provider and this client know, never a key
/// that is public. Throws Error{Fault::internal} where it is too short (RFC 7518 section 3.2),
/// which the configuration has to see to.
std::string verify_jws_by_secret(const UnverifiedJws& jws, std::string_view secret,
                                 std::span<const Algorithm> allowed);

/// The left half of the hash that goes with the algorithm, base64url: at_hash and c_hash
/// (OIDC Core 3.1.3.6). EdDSA: SHA-512, as Ed25519 has it.
std::string left_half_hash(Algorithm algorithm, std::string_view value);

} // namespace ciam::jose
