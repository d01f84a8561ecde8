// What the sysadmin said about one provider and our registration there (an oidc_provider block).
// Filled once, when the configuration is read; constant afterwards.
#pragma once

#include "base/parameters.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "jose/algorithm.hpp"
#include "jose/jwe.hpp"
#include "jose/private_key.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ciam::oidc {

/// A claim that the configuration uses. `path` has one element for a top-level claim.
struct WantedClaim {
    std::string key;               // how variables ask for it
    std::vector<std::string> path; // member names from the top
};

enum class Pkce { automatic, on, off };
enum class ResponseMode { query, form_post };
enum class Par { automatic, on, off }; // automatic: where the provider requires it
enum class UserinfoMode { on, off, when_missing };

/// How the client shows the provider who it is (OIDC Core 9, RFC 8705 section 2). `automatic`: what
/// the metadata offers and the client has the means for.
enum class Authentication {
    automatic,
    none,
    client_secret_basic,
    client_secret_post,
    client_secret_jwt,
    private_key_jwt,
    tls_client_auth,
    self_signed_tls_client_auth
};

/// How an assertion names the provider; `endpoint`: by the URL that it is sent to.
enum class AssertionAudience { issuer, token_endpoint, endpoint };

/// How the browser logs out at the provider; `local`: not at all. `auth0` is /v2/logout where the
/// metadata have no end_session_endpoint.
enum class LogoutStyle { oidc, auth0, cognito, local, custom };

struct Client {
    std::string provider; // the block's name
    std::string issuer;
    std::string metadata_url;
    std::string client_id;
    base::Secret client_secret; // empty: none
    Authentication authentication = Authentication::automatic;
    AssertionAudience assertion_audience = AssertionAudience::issuer;
    std::optional<jose::PrivateKey> key; // signs assertions
    bool has_certificate = false;        // calls are made with one (RFC 8705)
    std::string apple_team_id;           // not empty: the secret is a JWT made with the key
    std::optional<jose::DecryptionKey> decryption_key; // of ID tokens: they have to be encrypted
    std::string scope = "openid";
    base::Parameters extra_auth_args;
    std::vector<std::string>
        resources; // RFC 8707, for token requests; extra_auth_args has them too
    Pkce pkce = Pkce::automatic;
    ResponseMode response_mode = ResponseMode::query;
    Par par = Par::automatic;
    UserinfoMode userinfo = UserinfoMode::when_missing;
    std::vector<jose::Algorithm> id_token_algorithms; // allow-list, never empty
    bool response_iss_required = false; // several providers share the redirect URI (RFC 9207)
    bool loopback_http = false;         // the issuer is http on loopback: endpoints may be so too
    bool issuer_without_scheme = false; // an ID token's iss may lack the issuer's "https://"
    std::string hosted_domain;          // an ID token's hd; "*": any; empty: not looked at

    base::Seconds clock_skew = 60;
    base::Seconds login_timeout = 3600;
    base::Seconds session_timeout = 8 * 3600;            // idle
    base::Seconds session_max_lifetime = 30 * 24 * 3600; // absolute
    std::uint32_t sessions_per_subject = 50;             // the oldest ends for one more

    std::vector<WantedClaim> wanted_claims;
    bool keep_id_token = false;
    bool keep_access_token = false;
    bool keep_refresh_token = false;
    bool keep_userinfo = false;
    bool logout_token_hint = false;
    LogoutStyle logout_style = LogoutStyle::oidc;
    std::string logout_template; // of LogoutStyle::custom
    bool revoke_on_logout = false;
    bool frontchannel_sid_alone = false; // a front-channel logout may name sid without iss
};

} // namespace ciam::oidc
