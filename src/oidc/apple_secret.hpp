// The client secret of Sign in with Apple: a JWT that the client makes itself, by a key from
// Apple's developer pages ("Creating a client secret" in Apple's documentation).
#pragma once

#include "oidc/client.hpp"

#include <string>

namespace ciam::oidc {

/// `client` has an apple_team_id and a P-256 key whose kid is the key's id at Apple. Made anew for
/// each call, good for a few minutes: Apple would take six months.
std::string apple_client_secret(const Client& client, base::Seconds now);

} // namespace ciam::oidc
