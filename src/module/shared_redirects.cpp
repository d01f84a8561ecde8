#include "module/shared_redirects.hpp"

#include "base/url.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <span>

namespace ciam::module {
namespace {

using Providers = std::vector<ProviderConf*>;
/// Whose responses may come to a host (as configured: a name, a pattern, or "" for any) and path.
using Arrivals = std::map<std::pair<std::string, std::string>, Providers>;

std::string host_of(const std::string& url)
{
    const auto parsed = base::Url::parse(url);
    return parsed ? parsed->host : std::string{};
}

/// Under which a server's pages are known, where their locations do not say it by oidc_base_url.
void add_names(std::set<std::string>& hosts, const ServerConf& server)
{
    for (const auto& name : server.names) {
        hosts.insert(name.name == "_" ? "" : name.name);
    }
}

std::set<std::string> hosts_of(const ServerConf& server)
{
    std::set<std::string> hosts;
    for (const auto& url : server.base_urls) {
        if (url.empty()) {
            add_names(hosts, server);
        } else {
            hosts.insert(host_of(url));
        }
    }
    return hosts;
}

bool is_absolute(const ProviderConf* provider)
{
    return !provider->redirect_origin.empty();
}

void add_callback(Arrivals& arrivals, const ServerConf& server, const Endpoint& endpoint)
{
    const auto& providers = endpoint.providers;
    const bool all_absolute = std::all_of(providers.begin(), providers.end(), is_absolute);
    const auto hosts = hosts_of(server);
    for (auto* provider : providers) {
        if (is_absolute(provider)) {
            arrivals[{provider->redirect_host, endpoint.path}].push_back(provider);
        }
        // An address of this server may be the very one that another provider names.
        if (!all_absolute) {
            for (const auto& host : hosts) {
                arrivals[{host, endpoint.path}].push_back(provider);
            }
        }
    }
}

Arrivals arrivals_of(ngx_conf_t* cf)
{
    Arrivals arrivals;
    const auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    const std::span servers{static_cast<ngx_http_core_srv_conf_t**>(core->servers.elts),
                            core->servers.nelts};
    for (const auto* one : servers) {
        const auto& server =
            *static_cast<ServerConf*>(one->ctx->srv_conf[ngx_http_ciam_module.ctx_index]);
        for (const auto& endpoint : server.endpoints) {
            if (endpoint.kind == EndpointKind::callback) {
                add_callback(arrivals, server, endpoint);
            }
        }
    }
    return arrivals;
}

/// Those that share their redirect URI with another, in order of appearance.
Providers sharing(Providers here)
{
    const auto before = [](const auto* one, const auto* other) {
        return one->index < other->index;
    };
    std::sort(here.begin(), here.end(), before);
    here.erase(std::unique(here.begin(), here.end()), here.end());
    const bool all_absolute = std::all_of(here.begin(), here.end(), is_absolute);
    std::map<std::string_view, std::size_t> counts;
    for (const auto* provider : here) {
        ++counts[all_absolute ? std::string_view{provider->redirect_uri} : std::string_view{}];
    }
    std::erase_if(here, [&](const auto* provider) {
        const auto uri =
            all_absolute ? std::string_view{provider->redirect_uri} : std::string_view{};
        return counts[uri] < 2;
    });
    return here;
}

std::string name_of(const ProviderConf* provider)
{
    return provider->client.provider;
}

void warn_of(ngx_conf_t* cf, const Providers& shared)
{
    const auto* last = shared.back();
    const auto others = shared.size() - 2;
    const auto all = others == 0 ? std::string{"both providers"}
                                 : "all " + std::to_string(shared.size()) + " providers";
    warn(cf, "oidc_provider " + name_of(last) + " shares its redirect_uri with " +
                 name_of(shared.front()) +
                 (others == 0 ? "" : " and " + std::to_string(others) + " more") +
                 ", which works only if " + all +
                 " send iss (RFC 9207); if logins fail, write redirect_uri " + last->redirect_uri +
                 "_" + name_of(last) + "; in oidc_provider " + name_of(last) +
                 (others == 0 ? "" : ", and likewise in the others") +
                 "; where each has a host of its own, a whole URL of that host will do: "
                 "redirect_uri https://shop.example.com" +
                 last->redirect_path + ";");
}

} // namespace

void check_shared_redirects(ngx_conf_t* cf, MainConf& main)
{
    if (main.providers.size() < 2) {
        return;
    }
    for (const auto& [where, providers] : arrivals_of(cf)) {
        const auto shared = sharing(providers);
        const bool is_new = std::any_of(shared.begin(), shared.end(), [](const auto* provider) {
            return !provider->client.response_iss_required;
        });
        for (auto* provider : shared) {
            provider->client.response_iss_required = true;
        }
        if (is_new) {
            warn_of(cf, shared);
        }
    }
}

} // namespace ciam::module
