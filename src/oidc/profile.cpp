#include "oidc/profile.hpp"

#include "oidc/claims.hpp"

#include <algorithm>

namespace ciam::oidc {

namespace {

constexpr std::array profiles{
    // The issuer is the address of the token endpoint, which most people do not expect. The ID
    // token holds every claim that userinfo has, and one address may make 200 calls a minute.
    // Groups and roles come by scopes that no standard knows.
    Profile{.name = "asgardeo",
            .userinfo = UserinfoMode::off,
            .issuer_end = "/oauth2/token",
            .claim_scopes = {{{"groups", "groups"}, {"roles", "roles"}}}},
    // The same product, whose issuer an administrator may rename.
    Profile{.name = "wso2is",
            .userinfo = UserinfoMode::off,
            .claim_scopes = {{{"groups", "groups"}, {"roles", "roles"}}}},
    // Asks "Do you want to log out?" where no ID token says whose session is meant.
    Profile{.name = "keycloak", .logout_token_hint = true},
    // The issuer ends in a slash. There is a logout of its own where the tenant does not publish
    // the standard one.
    Profile{.name = "auth0",
            .logout_style = LogoutStyle::auth0,
            .issuer_end = "/",
            .refresh_token = RefreshToken::offline_access},
    // A logout without an ID token is a bad request.
    Profile{
        .name = "okta", .logout_token_hint = true, .refresh_token = RefreshToken::offline_access},
    // Userinfo never has more than the ID token, and is a call to Graph. Front-channel logout names
    // a sid and no issuer. Some endpoints issue tokens of every tenant there is.
    Profile{.name = "entra",
            .userinfo = UserinfoMode::off,
            .frontchannel_sid_alone = true,
            .issuer_end = "/v2.0",
            .has_common_endpoints = true,
            .refresh_token = RefreshToken::offline_access},
    // The endpoint that the metadata name for logouts wants parameters of its own.
    Profile{.name = "cognito", .logout_style = LogoutStyle::cognito},
    // An ID token may say accounts.google.com. The parameter hd only chooses whom the login page
    // invites, and a customer can take it out: the claim has to be looked at. A refresh token comes
    // for parameters of its own; the scope offline_access is refused.
    Profile{.name = "google",
            .issuer_without_scheme = true,
            .verifies_hosted_domain = true,
            .refresh_token = RefreshToken::access_type},
    // The client's secret is a JWT of its own making. The scopes "name" and "email" need a
    // form_post, the scope "profile" is refused.
    Profile{.name = "apple",
            .response_mode = ResponseMode::form_post,
            .has_apple_client_secret = true,
            .claim_scopes = {{{"name", "name"}}}},
    // Roles come by a scope that is named like their claim.
    Profile{.name = "zitadel",
            .refresh_token = RefreshToken::offline_access,
            .claim_scopes = {{{"urn:zitadel:iam:org:project:roles",
                               "urn:zitadel:iam:org:project:roles"}}}},
    // The issuer is a setting of the tenant, "acme.com" unless somebody changes it.
    Profile{.name = "fusionauth",
            .issuer_is_free_text = true,
            .refresh_token = RefreshToken::offline_access},
};

} // namespace

const Profile* find_profile(std::string_view name)
{
    const auto* found = std::find_if(profiles.begin(), profiles.end(),
                                     [name](const auto& profile) { return profile.name == name; });
    return found == profiles.end() ? nullptr : found;
}

std::string profile_names()
{
    std::string names;
    for (const auto& profile : profiles) {
        names += (names.empty() ? "" : ", ") + std::string{profile.name};
    }
    return names;
}

std::string_view scope_of_claim(const Profile* profile, std::string_view claim)
{
    if (profile != nullptr) {
        for (const auto& known : profile->claim_scopes) {
            if (known.claim == claim) {
                return known.scope;
            }
        }
    }
    return scope_of_standard_claim(claim);
}

bool is_common_endpoint(std::string_view url)
{
    using namespace std::string_view_literals;
    constexpr std::array names{"/common/"sv, "/organizations/"sv, "/consumers/"sv};
    return std::any_of(names.begin(), names.end(),
                       [url](auto name) { return url.find(name) != url.npos; });
}

} // namespace ciam::oidc
