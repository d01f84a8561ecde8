// UserInfo request and response (OIDC Core 5.3).
#pragma once

#include "base/json.hpp"
#include "jose/jws.hpp"
#include "oidc/metadata.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace ciam::oidc {

/// Throws Error{Fault::configuration} when the metadata has no userinfo_endpoint.
base::HttpRequest userinfo_request(const Client& client, const Metadata& metadata,
                                   std::string_view access_token);

/// Plain claims, or signed ones whose signature is not checked yet.
using UserinfoAnswer = std::variant<base::Json, jose::UnverifiedJws>;

/// Takes an answer out of its encryption. Throws Error{Fault::provider}.
UserinfoAnswer read_userinfo(const base::HttpResponse& response, const Client& client);

/// The claims. Throws Error{Fault::provider} when `sub` is missing or not the ID token's, and for
/// signed ones when the signature, iss or aud are wrong (Core 5.3.2, 5.3.4).
base::Json verify_userinfo(const UserinfoAnswer& answer, const jose::Keys& keys,
                           const Client& client, std::string_view subject);

} // namespace ciam::oidc
