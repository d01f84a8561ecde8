// Where known providers depart from the standard, or from what this module does without being told:
// one row for each name of the directive `profile`.
#pragma once

#include "oidc/client.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ciam::oidc {

/// A claim that comes only if this scope is requested.
struct ClaimScope {
    std::string_view claim;
    std::string_view scope;
};

/// What a provider gives a refresh token for.
enum class RefreshToken : std::uint8_t {
    unasked,        // or nobody knows
    offline_access, // the scope, OIDC Core section 11
    access_type     // access_type=offline, and a consent to it
};

/// A switch at its default changes nothing.
struct Profile {
    std::string_view name;
    UserinfoMode userinfo = UserinfoMode::when_missing;
    ResponseMode response_mode = ResponseMode::query;
    bool logout_token_hint = false;
    LogoutStyle logout_style = LogoutStyle::oidc;
    bool frontchannel_sid_alone = false;
    std::string_view issuer_end = {};     // what its issuers end in
    bool issuer_without_scheme = false;   // an ID token's iss may lack the issuer's "https://"
    bool issuer_is_free_text = false;     // not the address of its metadata, perhaps no URL at all
    bool has_common_endpoints = false;    // for many tenants, whose issuers differ
    bool verifies_hosted_domain = false;  // `hd` of extra_auth_args holds for the claim, too
    bool has_apple_client_secret = false; // a JWT that the client makes and signs
    RefreshToken refresh_token = RefreshToken::unasked;
    std::array<ClaimScope, 2> claim_scopes = {};
};

/// nullptr for an unknown name.
const Profile* find_profile(std::string_view name);

/// All names, for a sentence.
std::string profile_names();

/// What requests this claim at a provider of this profile (nullptr: none): the profile's own scope
/// for it, else that of OIDC Core 5.4; empty when none is known.
std::string_view scope_of_claim(const Profile* profile, std::string_view claim);

/// True for the address of an endpoint that serves every tenant of Entra.
bool is_common_endpoint(std::string_view url);

} // namespace ciam::oidc
