// Token revocation (RFC 7009).
#pragma once

#include "oidc/client_authentication.hpp"

#include <string_view>

namespace ciam::oidc {

/// Ends a refresh token that nobody will use. nullopt where the provider has no
/// revocation_endpoint. Throws like chosen_authentication().
std::optional<base::HttpRequest> revocation_request(const Client& client, const Metadata& metadata,
                                                    std::string_view refresh_token,
                                                    base::Seconds now);

} // namespace ciam::oidc
