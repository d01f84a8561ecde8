// UserInfo request and response (OIDC Core 5.3).
#pragma once

#include "base/json.hpp"
#include "oidc/metadata.hpp"

#include <string>
#include <string_view>

namespace ciam::oidc {

/// Throws Error{Fault::configuration} when the metadata has no userinfo_endpoint.
base::HttpRequest userinfo_request(const Metadata& metadata, std::string_view access_token);

/// Throws Error{Fault::provider} when `sub` is missing or not the ID token's (Core 5.3.2), or the
/// answer is signed or encrypted (application/jwt), which was not asked for.
base::Json parse_userinfo(const base::HttpResponse& response, std::string_view subject);

} // namespace ciam::oidc
