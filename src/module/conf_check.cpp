#include "module/conf_check.hpp"

#include "module/cookies.hpp"
#include "module/refresh_values.hpp"
#include "module/shared_redirects.hpp"
#include "module/variables.hpp"
#include "oidc/profile.hpp"

#include <algorithm>
#include <sstream>

namespace ciam::module {
namespace {

/// As nginx keeps the names of variables.
std::string lower(std::string name)
{
    auto* bytes = reinterpret_cast<u_char*>(name.data());
    ngx_strlow(bytes, bytes, name.size());
    return name;
}

std::vector<oidc::WantedClaim> wanted_claims(const MainConf& main, const UsedVariables& used)
{
    std::vector<oidc::WantedClaim> wanted;
    for (const auto& name : used.claims) {
        wanted.push_back({name, {name}});
    }
    for (const auto& claim : main.claim_variables) {
        if (std::find(used.names.begin(), used.names.end(), lower(claim->name)) !=
            used.names.end()) {
            wanted.push_back({claim->key, claim->path});
        }
    }
    return wanted;
}

bool requests(const oidc::Client& client, std::string_view scope)
{
    std::istringstream scopes{client.scope};
    for (std::string word; scopes >> word;) {
        if (word == scope) {
            return true;
        }
    }
    return false;
}

/// Without a scope line: what brings the claims that the configuration uses.
void request_what_is_used(oidc::Client& client, const oidc::Profile* profile)
{
    for (const auto& claim : client.wanted_claims) {
        const auto scope = oidc::scope_of_claim(profile, claim.path.front());
        if (!scope.empty() && !requests(client, scope)) {
            client.scope += ' ' + std::string{scope};
        }
    }
}

/// A standard claim comes with its scope (OIDC Core 5.4), as may others of a known provider, or
/// when it is asked for by name (5.5).
void warn_of_missing_scopes(ngx_conf_t* cf, const ProviderConf& provider)
{
    const auto& client = provider.client;
    const auto& named = provider.requested_claims; // one by one, by claims_parameter
    for (const auto& claim : client.wanted_claims) {
        const auto scope = oidc::scope_of_claim(provider.profile, claim.path.front());
        const bool is_named =
            std::find(named.begin(), named.end(), claim.path.front()) != named.end();
        if (!scope.empty() && !is_named && !requests(client, scope)) {
            warn(cf, "the claim " + claim.path.front() + " is used, but oidc_provider " +
                         client.provider +
                         " does not request the scope that brings it; write scope " + client.scope +
                         " " + std::string{scope} + ";");
        }
    }
}

/// Nothing where the provider is not known: many give a refresh token without being asked.
void warn_of_missing_offline_access(ngx_conf_t* cf, const ProviderConf& provider, bool uses_token)
{
    const auto& client = provider.client;
    const bool is_wanted = asks_for_refresh(provider) || (provider.refreshes && uses_token);
    if (!is_wanted || provider.profile == nullptr ||
        provider.profile->refresh_token != oidc::RefreshToken::offline_access ||
        requests(client, "offline_access")) {
        return;
    }
    warn(cf, "oidc_provider " + client.provider +
                 " is to refresh access tokens, and gives a refresh token only for the scope "
                 "offline_access; write scope " +
                 client.scope + " offline_access; or refresh off;");
}

} // namespace

void check_configuration(ngx_conf_t* cf, MainConf& main)
{
    const auto used = used_variables(cf);
    main.reads_access_token = used.access_token;
    for (auto& provider : main.providers) {
        auto& client = provider->client;
        client.wanted_claims = wanted_claims(main, used);
        client.keep_id_token = used.id_token || client.logout_token_hint;
        client.keep_access_token =
            used.access_token || used.access_token_header || client.revoke_on_logout;
        client.keep_refresh_token =
            provider->refreshes && (client.keep_access_token || !provider->refresh_path.empty());
        client.keep_userinfo = used.userinfo;
        if (used.userinfo && !provider->says("userinfo")) {
            client.userinfo = oidc::UserinfoMode::when_missing; // whatever its profile prefers
        }
        if (provider->says("scope")) {
            warn_of_missing_scopes(cf, *provider);
        } else {
            request_what_is_used(client, provider->profile);
        }
        warn_of_missing_offline_access(cf, *provider,
                                       used.access_token || used.access_token_header);
    }
    check_shared_redirects(cf, main);
    if (!main.providers.empty()) {
        main.own_cookies = own_cookie_names(main);
    }
}

} // namespace ciam::module
