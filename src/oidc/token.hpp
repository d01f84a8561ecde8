// Token requests and responses (OIDC Core 3.1.3 and 12, RFC 6749 sections 2.3.1, 4.1.3, 5, 6).
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

/// The same for a refresh. The scope stays what it was, so none is sent.
base::HttpRequest refresh_request(const Client& client, const Metadata& metadata,
                                  std::string_view refresh_token, base::Seconds now);

struct TokenResponse {
    base::Secret id_token; // of a refresh empty where it has brought none
    base::Secret access_token;
    base::Secret refresh_token; // empty: none, and of a refresh: the one that was sent holds on
    std::optional<base::Seconds> expires_in;
};

/// Throws Error: `error` of the provider (named when it is a token of RFC 6749 section 5.2:
/// invalid_grant is Fault::client, invalid_client and unauthorized_client Fault::configuration),
/// token_type other than Bearer in any case, no id_token, no access_token.
TokenResponse parse_token_response(const base::HttpResponse& response);

/// The same for a refresh; an id_token may be missing (OIDC Core 12.2). nullopt: invalid_grant, the
/// provider takes this refresh token no more. A status from 500 on is Fault::provider_away.
std::optional<TokenResponse> parse_refresh_response(const base::HttpResponse& response);

} // namespace ciam::oidc
