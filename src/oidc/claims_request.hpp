// The `claims` parameter of an authorization request (OIDC Core 5.5): single claims that the client
// asks for, and what it asks of the login itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ciam::oidc {

struct ClaimsRequest {
    std::vector<std::string> names; // of the claims, for the ID token or from userinfo
    /// Core 5.5.1.1: `acr` as an essential claim of the ID token. A login without it has failed.
    bool acr_is_essential = false;
    std::string acr_values; // of these, with spaces between them; empty: any
};

/// Throws Error{Fault::configuration} for a text that is no such JSON, in words that go after the
/// name of what holds it.
ClaimsRequest parse_claims_request(std::string_view json);

} // namespace ciam::oidc
