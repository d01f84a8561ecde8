// A provider's JSON Web Key Set (RFC 7517) as OpenSSL public keys.
#pragma once

#include "jose/algorithm.hpp"
#include "jose/jwk.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ciam::jose {

struct Key {
    std::string kid;                   // empty when the set gives none
    std::vector<Algorithm> algorithms; // for which it may be used: by kty, crv and its own "alg"
    KeyPointer key;
};

class Keys {
public:
    Keys() = default;

    /// Parses a key set. Keys of a type or use that we do not know (oct, enc) are left out; so are
    /// RSA keys under 2048 or over 16384 bits and points that are not on their curve (OpenSSL
    /// checks). Throws Error{Fault::provider} for a text that is no key set, for more than 64 keys.
    static Keys parse(std::string_view json);

    /// The keys that may have made a signature: those with this kid, or, without a kid in the
    /// header, all that fit the algorithm. Never a key whose type does not fit.
    std::vector<const Key*> candidates(std::string_view kid, Algorithm algorithm) const;

    std::size_t size() const noexcept { return keys_.size(); }

private:
    std::vector<Key> keys_;
};

} // namespace ciam::jose
