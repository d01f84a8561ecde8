#include "module/provider_block.hpp"

#include "module/authorization_values.hpp"
#include "module/client_values.hpp"
#include "module/cookies.hpp"
#include "module/logout_values.hpp"
#include "module/profile_values.hpp"
#include "module/provider_values.hpp"
#include "module/refresh_values.hpp"

#include <algorithm>
#include <array>

namespace ciam::module {
namespace {

using Values = DirectiveWords;
using Setter = void (*)(ngx_conf_t*, ProviderConf&, const Values&);

struct ProviderDirective {
    std::string_view name;
    std::size_t at_least;
    std::size_t at_most;
    Setter set;
    const char* syntax;
};

constexpr std::array directives{
    ProviderDirective{"apple_team_id", 1, 1, set_apple_team_id, "apple_team_id TEAMID;"},
    ProviderDirective{"audience", 1, 1, set_audience, "audience https://api.example.com;"},
    ProviderDirective{"backchannel_logout_uri", 1, 1, set_backchannel_logout_uri,
                      "backchannel_logout_uri /path;"},
    ProviderDirective{"claims_parameter", 1, 1, set_claims_parameter,
                      "claims_parameter '{\"id_token\":{\"email\":null}}';"},
    ProviderDirective{"clear_site_data", 1, 8, set_clear_site_data,
                      "clear_site_data \"cache\" \"cookies\" \"storage\";"},
    ProviderDirective{"client_auth", 1, 2, set_client_auth, "client_auth private_key_jwt;"},
    ProviderDirective{"client_certificate", 2, 2, set_client_certificate,
                      "client_certificate certificate.pem key.pem;"},
    ProviderDirective{"client_id", 1, 1, set_client_id, "client_id string;"},
    ProviderDirective{"client_key", 1, 2, set_client_key, "client_key key.pem [kid=id];"},
    ProviderDirective{"client_secret", 1, 1, set_client_secret, "client_secret string;"},
    ProviderDirective{"client_secret_file", 1, 1, set_client_secret_file,
                      "client_secret_file path;"},
    ProviderDirective{"clock_skew", 1, 1, set_clock_skew, "clock_skew 60s;"},
    ProviderDirective{"config_url", 1, 1, set_config_url,
                      "config_url https://provider.example.com/.well-known/openid-configuration;"},
    ProviderDirective{"cookie_name", 1, 1, set_cookie_name, "cookie_name name;"},
    ProviderDirective{"extra_auth_args", 1, 1, set_extra_auth_args, "extra_auth_args \"a=b&c=d\";"},
    ProviderDirective{"frontchannel_logout_uri", 1, 1, set_frontchannel_logout_uri,
                      "frontchannel_logout_uri /path;"},
    ProviderDirective{"id_token_alg", 1, 13, set_id_token_alg, "id_token_alg RS256 ES256;"},
    ProviderDirective{"id_token_decrypt_key", 1, 1, set_id_token_decrypt_key,
                      "id_token_decrypt_key key.pem;"},
    ProviderDirective{"initiate_login_uri", 1, 1, set_initiate_login_uri,
                      "initiate_login_uri /path;"},
    ProviderDirective{"issuer", 1, 1, set_issuer, "issuer https://provider.example.com;"},
    ProviderDirective{"login_timeout", 1, 1, set_login_timeout, "login_timeout 60m;"},
    ProviderDirective{"login_uri", 1, 1, set_login_uri, "login_uri /login;"},
    ProviderDirective{"logout_style", 1, 1, set_logout_style,
                      "logout_style oidc | auth0 | cognito | none | https://...;"},
    ProviderDirective{"logout_token_hint", 1, 1, set_logout_token_hint,
                      "logout_token_hint on | off;"},
    ProviderDirective{"logout_uri", 1, 1, set_logout_uri, "logout_uri /logout;"},
    ProviderDirective{"par", 1, 1, set_par, "par on | off | auto;"},
    ProviderDirective{"pkce", 1, 1, set_pkce, "pkce on | off | auto;"},
    ProviderDirective{"post_logout_uri", 1, 1, set_post_logout_uri, "post_logout_uri /path;"},
    ProviderDirective{"profile", 1, 1, set_profile, "profile keycloak;"},
    ProviderDirective{"redirect_uri", 1, 1, set_redirect_uri, "redirect_uri /oidc_callback;"},
    ProviderDirective{"refresh", 1, 1, set_refresh, "refresh lazy | ahead=30s | off;"},
    ProviderDirective{"refresh_uri", 1, 1, set_refresh_uri, "refresh_uri /refresh;"},
    ProviderDirective{"resource", 1, 16, set_resource, "resource https://api.example.com;"},
    ProviderDirective{"response_mode", 1, 1, set_response_mode, "response_mode query | form_post;"},
    ProviderDirective{"revoke_on_logout", 1, 1, set_revoke_on_logout, "revoke_on_logout on | off;"},
    ProviderDirective{"scope", 1, 32, set_scope, "scope openid email;"},
    ProviderDirective{"secret_key_file", 1, 1, set_secret_key_file, "secret_key_file path;"},
    ProviderDirective{"session_max_lifetime", 1, 1, set_session_max_lifetime,
                      "session_max_lifetime 30d;"},
    ProviderDirective{"session_store", 1, 1, set_session_store, "session_store zone_name;"},
    ProviderDirective{"session_timeout", 1, 1, set_session_timeout, "session_timeout 8h;"},
    ProviderDirective{"sessions_per_subject", 1, 1, set_sessions_per_subject,
                      "sessions_per_subject 50;"},
    ProviderDirective{"ssl_crl", 1, 1, set_ssl_crl, "ssl_crl file;"},
    ProviderDirective{"ssl_trusted_certificate", 1, 1, set_ssl_trusted_certificate,
                      "ssl_trusted_certificate file;"},
    ProviderDirective{"timeout", 1, 2, set_timeout, "timeout connect=2s total=5s;"},
    ProviderDirective{"userinfo", 1, 1, set_userinfo, "userinfo on | off | when_missing;"},
};

const ProviderDirective* find_directive(std::string_view name)
{
    const auto* found = std::find_if(directives.begin(), directives.end(),
                                     [&](const auto& directive) { return directive.name == name; });
    return found == directives.end() ? nullptr : found;
}

void apply(ngx_conf_t* cf, ProviderConf& provider, const Values& words)
{
    const auto name = to_string(words.front());
    const auto* directive = find_directive(name);
    if (directive == nullptr) {
        wrong("unknown directive \"" + name + "\" in oidc_provider " + provider.client.provider);
    }
    const auto count = words.size() - 1;
    if (count < directive->at_least || count > directive->at_most) {
        wrong("wrong number of values for " + name + "; write " + directive->syntax);
    }
    if (provider.says(name)) {
        wrong(name + " is there twice in oidc_provider " + provider.client.provider + "; keep one");
    }
    provider.seen.push_back(name);
    directive->set(cf, provider, words);
}

char* provider_line(ngx_conf_t* cf, ngx_command_t*, void* conf)
try {
    const auto* words = static_cast<ngx_str_t*>(cf->args->elts);
    if (to_view(words[0]) == "include") {
        if (cf->args->nelts != 2) {
            wrong("include takes one file");
        }
        return ngx_conf_include(cf, nullptr, conf);
    }
    apply(cf, *static_cast<ProviderConf*>(conf), Values(words, words + cf->args->nelts));
    return NGX_CONF_OK;
} catch (const std::exception& error) {
    return refuse(cf, error.what());
}

char* parse_block(ngx_conf_t* cf, ProviderConf& provider)
{
    const ngx_conf_t outside = *cf;
    cf->handler = provider_line;
    cf->handler_conf = &provider;
    auto* result = ngx_conf_parse(cf, nullptr);
    *cf = outside;
    return result;
}

} // namespace

char* oidc_provider(ngx_conf_t* cf, ngx_command_t*, void* conf)
try {
    auto& main = *static_cast<MainConf*>(conf);
    const auto name = to_string(static_cast<ngx_str_t*>(cf->args->elts)[1]);
    check_provider_name(name);
    if (main.find(name) != nullptr) {
        return refuse(cf, "oidc_provider " + name +
                              " is there twice; give each provider a name of its own");
    }
    auto provider = std::make_unique<ProviderConf>();
    provider->client.provider = name;
    provider->index = main.providers.size();
    if (auto* result = parse_block(cf, *provider); result != NGX_CONF_OK) {
        return result;
    }
    apply_profile(cf, *provider);
    request_offline_access(*provider);
    check_client(*provider);
    finish_authorization(*provider);
    check_provider(cf, *provider);
    check_logout(*provider);
    check_refresh(*provider);
    name_session_cookies(*provider);
    main.add(std::move(provider));
    return NGX_CONF_OK;
} catch (const std::exception& error) {
    return refuse(cf, error.what());
}

} // namespace ciam::module
