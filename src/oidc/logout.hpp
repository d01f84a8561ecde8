// RP-initiated logout (OIDC RP-Initiated Logout 1.0).
#pragma once

#include "oidc/metadata.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ciam::oidc {

struct LogoutRequest {
    std::string_view post_logout_redirect_uri; // empty: none
    std::string_view id_token_hint;            // empty: none
};

/// nullopt when the provider has no end_session_endpoint. Always sends client_id.
std::optional<std::string> logout_url(const Client& client, const Metadata& metadata,
                                      const LogoutRequest& request);

} // namespace ciam::oidc
