// OpenID Provider metadata (OIDC Discovery 1.0 section 3, RFC 8414).
#pragma once

#include "oidc/client.hpp"

#include "base/http_message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ciam::oidc {

struct Metadata {
    std::string issuer;
    std::string authorization_endpoint;
    std::string token_endpoint;
    std::string jwks_uri;
    std::optional<std::string> userinfo_endpoint;
    std::optional<std::string> end_session_endpoint;
    std::optional<std::string> revocation_endpoint; // RFC 7009
    std::vector<std::string>
        token_endpoint_auth_methods; // empty: client_secret_basic (Discovery 3)
    /// For assertions; empty when the provider does not say.
    std::vector<std::string> token_endpoint_auth_algorithms;
    // RFC 8705 section 5: for clients with a certificate.
    std::optional<std::string> mtls_token_endpoint;
    std::optional<std::string> mtls_userinfo_endpoint;
    /// RFC 8414 section 2: code_challenge_methods_supported has S256; nullopt when the provider
    /// does not say (many that do PKCE do not).
    std::optional<bool> supports_s256;
    bool announces_response_iss = false; // RFC 9207 section 3
};

base::HttpRequest metadata_request(const Client& client);

/// Throws Error{Fault::provider}: status, content, a missing endpoint, an issuer that is not byte
/// for byte `client.issuer` (Discovery 4.3), an endpoint that is not https (http only where
/// client.loopback_http and on loopback).
Metadata parse_metadata(std::string_view json, const Client& client);

base::HttpRequest keys_request(const Metadata& metadata);

/// The body of a complete 200 answer. Throws Error with the fault that fits (provider_away,
/// provider_timeout, provider_busy for 429 and 503, provider), a message that begins with `what`
/// and says what to check.
const std::string& require_ok(const base::HttpResponse& response, std::string_view what);

} // namespace ciam::oidc
