// Until when an access token is good.
#pragma once

#include "base/json.hpp"
#include "oidc/token.hpp"

namespace ciam::flow {

/// By expires_in, counted from when it was asked for: its way here took time. Where the provider
/// does not say, as long as the ID token that came with it, of which `claims` are. 0: nobody knows.
base::Seconds token_expiry(const oidc::TokenResponse& tokens, const base::Json* claims,
                           base::Seconds asked_at);

} // namespace ciam::flow
