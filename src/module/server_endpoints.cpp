#include "module/server_endpoints.hpp"

#include "module/directive_words.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace ciam::module {
namespace {

using Found = std::map<std::pair<std::string_view, EndpointKind>, std::vector<ProviderConf*>>;

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

} // namespace

void set_endpoints(const MainConf& main, ServerConf& server)
{
    for (auto& [where, providers] : endpoints_of(main, server)) {
        const auto& [path, kind] = where;
        if (!server.endpoints.empty() && server.endpoints.back().path == path) {
            wrong("the path " + std::string{path} +
                  " is used for two purposes by the providers of one server; give redirect_uri, "
                  "logout_uri, login_uri and frontchannel_logout_uri different paths");
        }
        server.endpoints.push_back({kind, std::string{path}, std::move(providers)});
    }
}

const Endpoint* ServerConf::find(std::string_view path) const
{
    const auto found = std::lower_bound(
        endpoints.begin(), endpoints.end(), path,
        [](const Endpoint& endpoint, std::string_view wanted) { return endpoint.path < wanted; });
    return found != endpoints.end() && found->path == path ? &*found : nullptr;
}

} // namespace ciam::module
