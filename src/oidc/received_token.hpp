// A token that the provider made for this client: taken out of its encryption (OIDC
// Core 10.2, 16.14), its signature checked by the provider's keys or, for HMAC, by the client's own
// secret.
#pragma once

#include "base/secret.hpp"
#include "jose/jws.hpp"
#include "oidc/client.hpp"

#include <string>
#include <string_view>

namespace ciam::oidc {

/// The signed ID token. Where the client has a decryption key, encryption was agreed on, and a
/// token without it is refused (OIDC Core 3.1.3.7 (1)). Throws Error{Fault::provider} that begins
/// with `what`: logout tokens are encrypted as ID tokens are (Back-Channel Logout 1.0 section 2.6).
base::Secret signed_id_token(std::string_view received, const Client& client,
                             std::string_view what = "ID token");

/// True when the provider's keys lack the one that signed this token, so that newer ones may help.
bool needs_newer_keys(const jose::UnverifiedJws& jws, const jose::Keys& keys);

/// The payload; client.id_token_algorithms says which algorithms hold. Throws
/// Error{Fault::provider}.
std::string verify_signature(const jose::UnverifiedJws& jws, const jose::Keys& keys,
                             const Client& client);

} // namespace ciam::oidc
