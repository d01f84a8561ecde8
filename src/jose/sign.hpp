// JSON Web Signature, compact serialization (RFC 7515 section 7.1): what this client signs itself.
#pragma once

#include "jose/private_key.hpp"

#include <string>
#include <string_view>

namespace ciam::jose {

/// A JWT whose header holds alg, typ and the key's kid. `algorithm` is one of the key's own. Throws
/// Error{Fault::internal}.
std::string sign_jwt(const PrivateKey& key, Algorithm algorithm, std::string_view payload);

/// The same by HMAC under a secret of at least least_secret(algorithm) bytes.
std::string sign_jwt_by_secret(std::string_view secret, Algorithm algorithm,
                               std::string_view payload);

} // namespace ciam::jose
