// A private key of this client: for assertions that it signs, and for tokens that are encrypted to
// it.
#pragma once

#include "jose/algorithm.hpp"
#include "jose/jwk.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ciam::jose {

class PrivateKey {
public:
    /// PEM (not encrypted) or a JWK: RSA of at least 2048 bits, EC (P-256, P-384, P-521), Ed25519,
    /// Ed448, X25519. `kid`: how the provider knows it; empty: the JWK's own, else its thumbprint
    /// (RFC 7638). Throws Error{Fault::configuration} that says nothing of the content.
    static PrivateKey parse(std::string_view text, std::string_view kid = {});

    EVP_PKEY* get() const noexcept { return key_.get(); }
    const std::string& kid() const noexcept { return kid_; }

    /// What it can sign with, the best first; empty for a key that can only agree on others.
    std::vector<Algorithm> signing_algorithms() const;

    /// Its public half as a JWK, for this use ("sig", "enc").
    std::string public_jwk(std::string_view use) const;

private:
    PrivateKey(KeyPointer key, std::string_view kid);

    KeyPointer key_;
    std::string kid_;
};

/// A public key as a JWK with its name and use; `more`: further members, `,"x5c":…`.
std::string public_jwk(EVP_PKEY* key, std::string_view kid, std::string_view use,
                       std::string_view more = {});

} // namespace ciam::jose
