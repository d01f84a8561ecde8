// The signature algorithms of JWA (RFC 7518 section 3.1), RFC 8037 and RFC 9864. "none" is not
// among them, so nothing can ever select it; no key of a key set can do the HMAC family, which is
// made and checked with a secret by functions of its own.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace ciam::jose {

enum class Algorithm {
    rs256,
    rs384,
    rs512,
    ps256,
    ps384,
    ps512,
    es256,
    es384,
    es512,
    eddsa,
    ed25519, // EdDSA by the name of RFC 9864
    hs256,
    hs384,
    hs512
};

std::optional<Algorithm> algorithm_from_name(std::string_view name);
std::string_view algorithm_name(Algorithm algorithm);

/// True for HMAC, whose key is a secret that both sides know.
bool is_mac(Algorithm algorithm);

/// RFC 7518 section 3.2: an HMAC key is at least as long as the hash. In bytes; 0 for the others.
std::size_t least_secret(Algorithm algorithm);

} // namespace ciam::jose
