#include "module/conf_check.hpp"

#include "module/cookies.hpp"
#include "module/variables.hpp"
#include "oidc/claims.hpp"

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

/// Without a scope line: what brings the standard claims that the configuration uses.
void request_what_is_used(oidc::Client& client)
{
    for (const auto& claim : client.wanted_claims) {
        const auto scope = oidc::scope_of_standard_claim(claim.path.front());
        if (!scope.empty() && !requests(client, scope)) {
            client.scope += ' ' + std::string{scope};
        }
    }
}

/// A standard claim comes with its scope alone (OIDC Core 5.4).
void warn_of_missing_scopes(ngx_conf_t* cf, const oidc::Client& client)
{
    for (const auto& claim : client.wanted_claims) {
        const auto scope = oidc::scope_of_standard_claim(claim.path.front());
        if (!scope.empty() && !requests(client, scope)) {
            warn(cf, "the claim " + claim.path.front() + " is used, but oidc_provider " +
                         client.provider +
                         " does not request the scope that brings it; write scope " + client.scope +
                         " " + std::string{scope} + ";");
        }
    }
}

/// Several providers behind one redirect URI are told apart by the response's iss (RFC 9207).
void check_shared_redirect_uris(ngx_conf_t* cf, MainConf& main)
{
    for (auto& provider : main.providers) {
        const auto shares = [&](const auto& other) {
            return other.get() != provider.get() && other->redirect_uri == provider->redirect_uri;
        };
        const auto other = std::find_if(main.providers.begin(), main.providers.end(), shares);
        if (other == main.providers.end()) {
            continue;
        }
        provider->client.response_iss_required = true;
        if ((*other)->index < provider->index) {
            warn(cf, "oidc_provider " + provider->client.provider +
                         " shares its redirect_uri with " + (*other)->client.provider +
                         ", which works only if both providers send iss (RFC 9207); "
                         "if logins fail, write redirect_uri " +
                         provider->redirect_uri + "_" + provider->client.provider +
                         "; in oidc_provider " + provider->client.provider);
        }
    }
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
        client.keep_access_token = used.access_token || used.access_token_header;
        client.keep_refresh_token =
            provider->refreshes && (client.keep_access_token || !provider->refresh_path.empty());
        client.keep_userinfo = used.userinfo;
        if (provider->says("scope")) {
            warn_of_missing_scopes(cf, client);
        } else {
            request_what_is_used(client);
        }
    }
    check_shared_redirect_uris(cf, main);
    if (!main.providers.empty()) {
        main.own_cookies = own_cookie_names(main);
    }
}

} // namespace ciam::module
