// Token request and response (OIDC Core 3.1.3, RFC 6749 sections 2.3.1, 4.1.3, 5).
#pragma once

#include "base/secret.hpp"
#include "oidc/client_authentication.hpp"
#include "oidc/metadata.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ciam::oidc {

struct CodeGrant {
    std::string_view code;
    std::string_view redirect_uri;
    std::string_view code_verifier; // empty: no PKCE
};

/// With client authentication. Throws Error{Fault::configuration} when the provider offers none
/// that the client has the means for.
base::HttpRequest token_request(const Client& client, const Metadata& metadata,
                                const CodeGrant& grant, base::Seconds now);

struct TokenResponse {
    base::Secret id_token;
    base::Secret access_token;
    std::optional<base::Seconds> expires_in;
};

/// Throws Error: `error` of the provider (named when it is a token of RFC 6749 section 5.2:
/// invalid_grant is Fault::client, invalid_client and unauthorized_client Fault::configuration),
/// token_type other than Bearer in any case, no id_token, no access_token.
TokenResponse parse_token_response(const base::HttpResponse& response);

} // namespace ciam::oidc
