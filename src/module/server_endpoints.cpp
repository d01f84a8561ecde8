#include "module/server_endpoints.hpp"

#include "base/url.hpp"
#include "module/directive_words.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace ciam::module {
namespace {

using Found = std::map<std::pair<std::string, EndpointKind>, std::vector<ProviderConf*>>;

/// Where a logout at the provider leads back to, without its query. Empty: nowhere.
std::string return_path_of(const ProviderConf& provider)
{
    const auto& uri = provider.post_logout_uri;
    const auto url = base::Url::parse(uri);
    return url ? std::string{url->path} : uri.substr(0, uri.find('?'));
}

void add(Found& found, ProviderConf* provider)
{
    const auto add_path = [&](EndpointKind kind, const std::string& path) {
        if (!path.empty()) {
            found[{path, kind}].push_back(provider);
        }
    };
    add_path(EndpointKind::callback, provider->redirect_path);
    add_path(EndpointKind::logout, provider->logout_path);
    add_path(EndpointKind::login, provider->login_path);
    add_path(EndpointKind::frontchannel_logout, provider->frontchannel_path);
    add_path(EndpointKind::refresh, provider->refresh_path);
    add_path(EndpointKind::initiate_login, provider->initiate_login_path);
    add_path(EndpointKind::backchannel_logout, provider->backchannel_path);
    add_path(EndpointKind::logout_return, return_path_of(*provider));
}

/// In order of appearance, each once.
Found endpoints_of(const MainConf& main, const ServerConf& server)
{
    Found found;
    if (server.any_provider) {
        for (const auto& provider : main.providers) {
            add(found, provider.get());
        }
        return found;
    }
    std::set<ngx_uint_t> indexes;
    for (const auto& name : server.provider_names) {
        if (const auto* provider = main.find(to_view(name))) {
            indexes.insert(provider->index);
        }
    }
    for (const auto index : indexes) {
        add(found, main.providers[index].get());
    }
    return found;
}

void check(const ServerConf& server, const Endpoint& endpoint)
{
    if (!server.endpoints.empty() && server.endpoints.back().path == endpoint.path) {
        wrong("the path " + endpoint.path +
              " is used for two purposes by the providers of one server; give redirect_uri, "
              "logout_uri, login_uri, refresh_uri, frontchannel_logout_uri, backchannel_logout_uri "
              "and "
              "initiate_login_uri different paths");
    }
    // A logout token says whose it is only to who can verify it.
    if (endpoint.kind == EndpointKind::backchannel_logout && endpoint.providers.size() > 1) {
        wrong("the path " + endpoint.path +
              " is the backchannel_logout_uri of two providers of one server; give each provider a "
              "path of its own");
    }
}

const Endpoint* find_in(const std::vector<Endpoint>& endpoints, std::string_view path)
{
    const auto found = std::lower_bound(
        endpoints.begin(), endpoints.end(), path,
        [](const Endpoint& endpoint, std::string_view wanted) { return endpoint.path < wanted; });
    return found != endpoints.end() && found->path == path ? &*found : nullptr;
}

} // namespace

void set_endpoints(const MainConf& main, ServerConf& server)
{
    for (auto& [where, providers] : endpoints_of(main, server)) {
        const auto& [path, kind] = where;
        Endpoint endpoint{kind, path, std::move(providers)};
        if (kind == EndpointKind::logout_return) {
            server.logout_returns.push_back(std::move(endpoint));
            continue;
        }
        check(server, endpoint);
        server.endpoints.push_back(std::move(endpoint));
    }
}

const Endpoint* ServerConf::find(std::string_view path) const
{
    return find_in(endpoints, path);
}

const Endpoint* ServerConf::find_logout_return(std::string_view path) const
{
    return find_in(logout_returns, path);
}

} // namespace ciam::module
