// What signing and verifying share: the hash, the padding and the spelling of each algorithm.
#pragma once

#include "jose/algorithm.hpp"

#include <openssl/evp.h>
#include <string>
#include <string_view>

namespace ciam::jose {

/// Null for EdDSA, which has its own.
const EVP_MD* digest_of(Algorithm algorithm);

/// For an RSA key the padding of the algorithm; nothing for others. False when OpenSSL fails.
bool set_padding(EVP_PKEY_CTX* context, Algorithm algorithm, EVP_PKEY* key);

/// Bytes of r and of s (RFC 7518 section 3.4).
std::size_t coordinate_bytes(const EVP_PKEY* ec_key);

/// HMAC of `text`. Throws Error{Fault::internal}. `algorithm` is one of the HMAC family.
std::string mac_of(Algorithm algorithm, std::string_view secret, std::string_view text);

} // namespace ciam::jose
