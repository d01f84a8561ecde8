#include "module/provider_values.hpp"

#include "base/cookie.hpp"
#include "base/error.hpp"
#include "jose/seal.hpp"
#include "oidc/metadata.hpp"

#include <algorithm>
#include <sstream>

namespace ciam::module {
namespace {

ngx_msec_t milliseconds(const std::string& what, std::string_view text)
{
    constexpr ngx_int_t longest = 3'600'000;
    auto value = to_ngx(text);
    const auto time = ngx_parse_time(&value, 0);
    if (time == NGX_ERROR || time == 0 || time > longest) {
        wrong("timeout " + what + " takes a time of at most 1h, such as connect=2s total=5s");
    }
    return static_cast<ngx_msec_t>(time);
}

} // namespace

void check_provider_name(std::string_view name)
{
    if (name == "off" || !base::is_cookie_name(name) || name.find('$') != name.npos ||
        name.size() > 64) {
        wrong("oidc_provider takes a name of letters, digits, \"_\" and \"-\", other than off");
    }
}

base::Secret read_secret_keys(ngx_conf_t* cf, const DirectiveWords& words)
{
    auto text = read_conf_file(cf, words);
    try {
        jose::Keyring::from_file_text(text);
    } catch (const base::Error& error) {
        wrong(to_string(words[0]) + ": " + error.what());
    }
    return base::Secret{std::move(text)};
}

void set_issuer(ngx_conf_t* cf, ProviderConf& provider, const DirectiveWords& words)
{
    const auto text = to_view(words[1]);
    provider.client.issuer = text;
    if (oidc::is_issuer_name(text)) {
        return; // which only some profiles have: apply_profile() looks at it
    }
    const auto url = absolute_url(words, text, "issuer https://provider.example.com;");
    if (!url.query.empty()) {
        wrong("issuer has no query (OpenID Connect Discovery 1.0, section 3); write it as the "
              "provider's metadata has it");
    }
    allow_loopback_http(cf, provider.client, url.scheme == "http");
}

void allow_loopback_http(ngx_conf_t* cf, oidc::Client& client, bool is_http)
{
    client.loopback_http = is_http;
    if (is_http) {
        warn(cf, "the issuer " + client.issuer +
                     " is http: logins can be read on the way; that is for trials on this machine "
                     "alone");
    }
}

void set_clock_skew(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    auto text = words[1];
    const auto value = ngx_parse_time(&text, 1);
    if (value == NGX_ERROR || value > 600) {
        wrong("clock_skew takes a time of at most 10m, such as 60s; set the clocks by NTP instead "
              "of a larger one");
    }
    provider.client.clock_skew = value;
}

void set_config_url(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    absolute_url(words, to_view(words[1]),
                 "config_url https://provider.example.com/.well-known/openid-configuration;");
    provider.client.metadata_url = to_string(words[1]);
}

void set_cookie_name(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    const auto name = to_string(words[1]);
    if (!base::is_cookie_name(name)) {
        wrong("cookie_name takes letters, digits, \"_\" and \"-\", such as cookie_name "
              "shop_session;");
    }
    if (name.ends_with("NGX_OIDC_LOGIN")) {
        wrong("cookie_name may not be " + name +
              ", which the module uses itself; write cookie_name shop_session;");
    }
    provider.cookie_name = name;
}

void set_frontchannel_logout_uri(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.frontchannel_path = own_path(words, to_view(words[1]));
}

void set_login_timeout(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.client.login_timeout = seconds(words);
}

void set_login_uri(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.login_path = own_path(words, to_view(words[1]));
}

void set_logout_token_hint(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.client.logout_token_hint = on_or_off(words);
}

void set_logout_uri(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.logout_path = own_path(words, to_view(words[1]));
}

void set_post_logout_uri(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    const auto text = to_view(words[1]);
    if (text.starts_with('/')) {
        if (!base::is_return_path(text) || text.starts_with("//")) {
            wrong(
                "post_logout_uri takes a path of this site, such as /goodbye, or an absolute URL");
        }
    } else {
        absolute_url(words, text, "post_logout_uri /goodbye;");
    }
    provider.post_logout_uri = std::string{text};
}

void set_redirect_uri(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    const auto text = to_view(words[1]);
    provider.redirect_uri = std::string{text};
    if (text.starts_with('/')) {
        provider.redirect_path = own_path(words, text);
        return;
    }
    const auto url = absolute_url(words, text, "redirect_uri /oidc_callback;");
    if (!url.query.empty()) {
        wrong("redirect_uri has no query; write redirect_uri " + url.origin() + url.path + ";");
    }
    provider.redirect_path = own_path(words, url.path);
    provider.redirect_origin = url.origin();
    provider.redirect_host = url.host;
}

void set_scope(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    // One quoted list and several words are the same to a sysadmin.
    std::istringstream text;
    std::string all;
    for (std::size_t i = 1; i < words.size(); ++i) {
        all += to_string(words[i]) + " ";
    }
    text.str(all);
    std::vector<std::string> scopes;
    for (std::string scope; text >> scope;) {
        scopes.push_back(scope);
    }
    if (std::find(scopes.begin(), scopes.end(), "openid") == scopes.end()) {
        wrong("scope needs openid, without it the provider sends no ID token; write scope openid " +
              all + ";");
    }
    provider.client.scope.clear();
    for (const auto& scope : scopes) {
        provider.client.scope += (provider.client.scope.empty() ? "" : " ") + scope;
    }
}

void set_secret_key_file(ngx_conf_t* cf, ProviderConf& provider, const DirectiveWords& words)
{
    auto keys = read_secret_keys(cf, words);
    for (const auto& other : main_conf(cf).providers) {
        if (other->secret_keys && base::equal_secret(other->secret_keys->view(), keys.view())) {
            provider.secret_keys = other->secret_keys;
            return;
        }
    }
    provider.secret_keys = std::make_shared<const base::Secret>(std::move(keys));
}

void set_session_max_lifetime(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.client.session_max_lifetime = seconds(words);
}

void set_sessions_per_subject(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    constexpr ngx_int_t most = 10000;
    const auto count = ngx_atoi(words[1].data, words[1].len);
    if (count < 1 || count > most) {
        wrong("sessions_per_subject takes a number from 1 to 10000, such as sessions_per_subject "
              "50;");
    }
    provider.client.sessions_per_subject = static_cast<std::uint32_t>(count);
}

void set_session_store(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.session_store = to_string(words[1]);
}

void set_session_timeout(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.client.session_timeout = seconds(words);
}

void set_ssl_crl(ngx_conf_t* cf, ProviderConf& provider, const DirectiveWords& words)
{
    provider.crl_file = conf_path(cf, words);
}

void set_ssl_trusted_certificate(ngx_conf_t* cf, ProviderConf& provider,
                                 const DirectiveWords& words)
{
    provider.ca_file = conf_path(cf, words);
}

void set_timeout(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto word = to_view(words[i]);
        if (word.starts_with("connect=")) {
            provider.connect_timeout = milliseconds("connect=", word.substr(8));
        } else if (word.starts_with("total=")) {
            provider.total_timeout = milliseconds("total=", word.substr(6));
        } else {
            wrong("timeout takes connect= and total=; write timeout connect=2s total=5s;");
        }
    }
}

void set_userinfo(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    const auto value = to_view(words[1]);
    if (value == "on") {
        provider.client.userinfo = oidc::UserinfoMode::on;
    } else if (value == "off") {
        provider.client.userinfo = oidc::UserinfoMode::off;
    } else if (value == "when_missing") {
        provider.client.userinfo = oidc::UserinfoMode::when_missing;
    } else {
        wrong("userinfo takes on, off or when_missing");
    }
}

namespace {

void check_required(const ProviderConf& provider)
{
    const auto& client = provider.client;
    if (client.issuer.empty()) {
        wrong("oidc_provider " + client.provider +
              " has no issuer; write issuer https://provider.example.com;");
    }
    if (client.client_id.empty()) {
        wrong("oidc_provider " + client.provider +
              " has no client_id; write client_id string; as the provider shows it");
    }
}

/// Thousands of providers would load the system's authorities as often.
std::shared_ptr<const io::TlsTrust> trust_of(ngx_conf_t* cf, const ProviderConf& provider)
{
    for (const auto& other : main_conf(cf).providers) {
        if (other->ca_file == provider.ca_file && other->crl_file == provider.crl_file) {
            return other->trust;
        }
    }
    return std::make_shared<const io::TlsTrust>(provider.ca_file, provider.crl_file);
}

} // namespace

void check_provider(ngx_conf_t* cf, ProviderConf& provider)
{
    check_required(provider);
    auto& client = provider.client;
    if (client.metadata_url.empty()) {
        // Discovery 4.1: a terminating "/" of the issuer is removed first.
        auto issuer = client.issuer;
        if (issuer.ends_with('/')) {
            issuer.pop_back();
        }
        client.metadata_url = issuer + "/.well-known/openid-configuration";
    }
    if (client.session_max_lifetime < client.session_timeout) {
        warn(cf, "session_max_lifetime of oidc_provider " + client.provider +
                     " is shorter than session_timeout; no session lives longer than it");
    }
    // A trial's http issuer may still have endpoints that are https.
    provider.trust = trust_of(cf, provider);
}

} // namespace ciam::module
