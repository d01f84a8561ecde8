// The configuration as nginx keeps it: main (providers, zones), server (which endpoints it serves),
// location (what is required and passed on).
#pragma once

#include "base/cookie.hpp"
#include "base/secret.hpp"
#include "io/tls_identity.hpp"
#include "io/tls_trust.hpp"
#include "module/nginx.hpp"
#include "module/redis_conf.hpp"
#include "oidc/access_token.hpp"
#include "oidc/client.hpp"
#include "oidc/profile.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace ciam::module {

/// A parameter of the authorization request whose value may hold variables.
struct Argument {
    std::string name;
    ngx_http_complex_value_t value;
};

/// One oidc_provider block.
struct ProviderConf {
    oidc::Client client;
    const oidc::Profile* profile = nullptr;      // null: none
    ngx_uint_t index = 0;                        // in order of appearance
    std::string redirect_uri = "/oidc_callback"; // path, or absolute
    std::string redirect_path = "/oidc_callback";
    std::string redirect_origin; // of an absolute redirect_uri
    std::string redirect_host;   // of the same
    std::string logout_path;
    std::string login_path;
    std::string frontchannel_path;
    std::string initiate_login_path;
    std::string backchannel_path;
    std::string refresh_path;
    std::string post_logout_uri;                 // path, or absolute
    std::string clear_site_data;                 // the header's value; empty: none
    std::string cookie_name;                     // explicit; empty: the default
    base::CookieAttributes session_cookie_http;  // what comes of cookie_name for an http site
    base::CookieAttributes session_cookie_https; // and for an https site

    std::string session_store; // a zone's name; empty: the default
    ngx_shm_zone_t* session_zone = nullptr;

    std::string ca_file;
    std::string crl_file;
    // Loaded by the master, which may read what workers may not; one for all that name these files.
    std::shared_ptr<const io::TlsTrust> trust;
    std::shared_ptr<const io::TlsIdentity> identity; // of client_certificate, loaded likewise
    bool decrypts_by_client_secret = false;          // id_token_decrypt_key client_secret
    ngx_msec_t connect_timeout = 2000;
    ngx_msec_t total_timeout = 5000;
    // Text of secret_key_file, one for all that have the same; null: the server's.
    std::shared_ptr<const base::Secret> secret_keys;

    std::string audience;
    std::string claims_parameter;
    std::vector<std::string> requested_claims; // in it
    std::vector<Argument> extra_arguments;     // of extra_auth_args, those with variables
    bool refreshes = true;
    base::Seconds refresh_ahead = 0; // before the access token expires
    std::vector<std::string> seen;   // directives, to refuse a second one

    bool https_issuer() const { return !client.loopback_http; }
    bool says(std::string_view directive) const
    {
        return std::find(seen.begin(), seen.end(), directive) != seen.end();
    }
    const char* name() const { return client.provider.c_str(); }
};

/// Begins every element of a claim path's key; no claim is named by a control character.
constexpr char claim_path_separator = '\x1f';

/// `oidc_claim_set $name path …;`
struct ClaimVariable {
    std::string name; // of the variable, without $
    std::string key;  // of the WantedClaim
    std::vector<std::string> path;
};

struct MainConf {
    std::vector<std::unique_ptr<ProviderConf>> providers;
    std::unordered_map<std::string_view, ProviderConf*> by_name; // the same
    std::vector<std::unique_ptr<ClaimVariable>> claim_variables;
    base::Secret secret_keys; // text of the http level's secret_key_file
    ngx_shm_zone_t* key_zone = nullptr;
    ngx_shm_zone_t* board_zone = nullptr;
    ngx_shm_zone_t* counts_zone = nullptr;
    std::vector<ngx_shm_zone_t*> session_zones;
    std::vector<std::unique_ptr<RedisConf>> redis; // of those session zones that have one
    std::vector<std::string> identity_headers;     // folded names that no client may send
    std::vector<std::string> own_cookies;          // sorted names that no backend is told of
    bool reads_access_token = false;               // elsewhere than in oidc_set_header
    std::vector<u_char*>
        authorization_marks; // SetHeader::lowcase of every oidc_set_header Authorization

    void add(std::unique_ptr<ProviderConf> provider);
    ProviderConf* find(std::string_view name) const;
    /// Null: the zone has none.
    RedisConf* redis_of(const ngx_shm_zone_t* zone) const;
};

enum class EndpointKind {
    callback,
    logout,
    login,
    frontchannel_logout,
    backchannel_logout,
    initiate_login,
    refresh,
    logout_return
};

struct Endpoint {
    EndpointKind kind;
    std::string path;
    std::vector<ProviderConf*> providers; // those that share the path
};

/// A server_name, copied: nginx keeps its own list only while it reads the configuration.
struct ServerName {
    std::string name;
#if (NGX_PCRE)
    ngx_regex_t* regex = nullptr;
#endif
};

struct ServerConf {
    std::vector<ServerName> names;
    std::vector<ngx_str_t> provider_names; // as auth_oidc names them in this server
    bool any_provider = false;             // auth_oidc with a variable
    std::vector<std::string> base_urls;    // oidc_base_url of its locations; "": one has none
    std::vector<Endpoint> endpoints;       // sorted by path
    std::vector<Endpoint> logout_returns;  // the site's own pages; sorted by path

    const Endpoint* find(std::string_view path) const;
    const Endpoint* find_logout_return(std::string_view path) const;
};

enum class Mode : ngx_uint_t { require, optional };
enum class Challenge : ngx_uint_t { automatic, redirect, unauthorized };

struct Requirement {
    std::vector<ngx_http_complex_value_t> values;
    ngx_uint_t status = NGX_HTTP_FORBIDDEN;
};

enum class Encode { raw, urlencode, base64url };

struct SetHeader {
    ngx_str_t name;
    ngx_str_t lowcase;
    ngx_uint_t hash;
    std::string folded;
    ngx_http_complex_value_t value;
    Encode encode = Encode::raw;
    bool reads_access_token = false;
    ngx_int_t only_variable = NGX_ERROR; // index, where the value is one variable and nothing else
};

/// `auth_oidc_bearer`
struct BearerRules {
    oidc::TokenRules token;
    bool introspect = false;
    base::Seconds cache = 60; // how long what the provider said of a token holds
};

struct LocationConf {
    enum class Auth { unset, off, provider, variable };

    Auth auth = Auth::unset;
    ngx_str_t provider_name = ngx_null_string;
    ProviderConf* provider = nullptr; // Auth::provider, once merged
    ngx_http_complex_value_t provider_variable{};
    bool provider_is_capture = false; // the variable's text holds $1 to $9
    ngx_uint_t mode = NGX_CONF_UNSET_UINT;
    ngx_uint_t challenge = NGX_CONF_UNSET_UINT;
    bool preflight_pass = false; // goes with challenge
    std::string base_url;
    std::vector<Argument> arguments;
    bool arguments_set = false;
    std::vector<Requirement> requirements;
    std::vector<SetHeader> headers; // inherited name by name
    bool sets_authorization = false;
    std::shared_ptr<const BearerRules> bearer; // null: no bearer tokens
    bool bearer_set = false;
    bool passes_access_token = false; // in one of them
    bool is_check = false;            // oidc_check stands in this very block

    Mode access_mode() const { return static_cast<Mode>(mode); }
    Challenge challenge_kind() const { return static_cast<Challenge>(challenge); }
};

void* create_main_conf(ngx_conf_t* cf);
void* create_server_conf(ngx_conf_t* cf);
char* merge_server_conf(ngx_conf_t* cf, void* parent, void* child);
void* create_location_conf(ngx_conf_t* cf);
char* merge_location_conf(ngx_conf_t* cf, void* parent, void* child);

inline MainConf& main_conf(ngx_conf_t* cf)
{
    return *static_cast<MainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_ciam_module));
}
inline const MainConf& main_conf(const ngx_http_request_t* r)
{
    return *static_cast<MainConf*>(ngx_http_get_module_main_conf(r, ngx_http_ciam_module));
}
inline const ServerConf& server_conf(const ngx_http_request_t* r)
{
    return *static_cast<ServerConf*>(ngx_http_get_module_srv_conf(r, ngx_http_ciam_module));
}
inline const LocationConf& location_conf(const ngx_http_request_t* r)
{
    return *static_cast<LocationConf*>(ngx_http_get_module_loc_conf(r, ngx_http_ciam_module));
}

/// Lower case, and every byte that is neither letter nor digit alike: two names that some backend
/// may read as one fold to the same text.
std::string fold_header_name(std::string_view name);

/// Compiles a value that may hold variables; `text` must live as long as the configuration.
ngx_http_complex_value_t compile_value(ngx_conf_t* cf, ngx_str_t text);

/// Says what is wrong and what to write, as nginx says it; returns NGX_CONF_ERROR.
char* refuse(ngx_conf_t* cf, const std::string& sentence);
void warn(ngx_conf_t* cf, const std::string& sentence);

} // namespace ciam::module
