// Authorization request and response (OIDC Core 3.1.2, RFC 6749 section 4.1, RFC 7636, RFC 9207).
#pragma once

#include "base/parameters.hpp"
#include "oidc/metadata.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ciam::oidc {

struct AuthorizationRequest {
    std::string_view redirect_uri;
    std::string_view state;
    std::string_view nonce;
    std::string_view code_verifier; // empty: no PKCE
    const base::Parameters* arguments =
        nullptr; // auth_oidc_args of the location; override extra_auth_args of the same name
};

/// What an authorization request asks of the login itself, to be checked in the ID token.
struct AskedAuthentication {
    std::optional<base::Seconds> max_age;
    std::string acr_values; // as sent: names with spaces between them
    /// The `claims` parameter asks for acr as essential: of its values, or of acr_values, or any.
    bool acr_is_essential = false;
};

/// From the parameters max_age, acr_values and claims of the location or of the client. Throws
/// Error{Fault::configuration} for a max_age that is no number of seconds, for claims that are no
/// claims request or ask for values of acr beside acr_values, and for acr_values of more than 256
/// bytes, which would not fit into a state.
AskedAuthentication asked_authentication(const Client& client, const base::Parameters* arguments);

/// The number of seconds; nullopt for a text that is none.
std::optional<base::Seconds> parse_max_age(std::string_view text);

/// True when this client's authorization requests carry a code_challenge.
bool uses_pkce(const Client& client, const Metadata& metadata);

/// What the request consists of, each parameter once (`resource` excepted).
base::Parameters authorization_parameters(const Client& client,
                                          const AuthorizationRequest& request);

/// The URL to send the browser to; keeps a query that the endpoint has already.
std::string authorization_url(const Metadata& metadata, const base::Parameters& parameters);

/// True for a parameter that the module sets itself, so that configuration may not.
bool is_reserved_authorization_parameter(std::string_view name);

struct AuthorizationResponse {
    std::string state;               // always there
    std::optional<std::string> code; // either code
    std::optional<std::string>
        error; // or error (a token of RFC 6749 section 4.1.2.1, else "unknown")
    std::optional<std::string> iss;
};

/// Throws Error{Fault::client}: no state, neither code nor error, a parameter twice, one over 8 KB.
AuthorizationResponse parse_authorization_response(std::string_view query);

/// A code is taken only by the way that was asked for (response_mode): who makes the provider send
/// it in a URL would have it in histories and logs. Throws Error{Fault::client}.
void check_response_mode(const AuthorizationResponse& response, const Client& client,
                         ResponseMode arrived_by);

/// RFC 9207 section 2.4. Throws Error{Fault::provider} for another issuer, and when `iss` is
/// missing although the metadata announces it or the client needs it.
void check_response_issuer(const AuthorizationResponse& response, const Client& client,
                           const Metadata& metadata);

} // namespace ciam::oidc
