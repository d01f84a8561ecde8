// From claims to the texts that variables and headers pass on: only what the configuration uses.
#pragma once

#include "base/json.hpp"
#include "oidc/client.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ciam::oidc {

struct ClaimText {
    std::string key;
    std::string text;
};

struct CollectedClaims {
    std::vector<ClaimText> found;
    std::vector<std::string> missing; // keys
    std::vector<std::string> refused; // keys: a control character in the text, or over 8 KB
    /// Names of missing ones that the provider left to another place (OIDC Core 5.6.2), as Entra
    /// does with the groups of a customer who has many. Nobody is asked there.
    std::vector<std::string> elsewhere;
};

/// A string as it is, number and boolean as JSON writes them, an array joined by commas (those
/// inside an element become %2C), an object as JSON; null and empty are missing. The ID token
/// first, then userinfo (may be null). Each member name: exact match first, then one that differs
/// in case alone.
CollectedClaims collect_claims(const std::vector<WantedClaim>& wanted, const base::Json& id_token,
                               const base::Json* userinfo);

/// The scope that OIDC Core 5.4 ties to a standard claim ("email" for email_verified); empty when
/// none.
std::string_view scope_of_standard_claim(std::string_view claim);

} // namespace ciam::oidc
