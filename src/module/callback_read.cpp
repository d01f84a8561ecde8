#include "module/callback_read.hpp"

#include "base/error.hpp"
#include "module/cookies.hpp"
#include "module/site.hpp"
#include "module/worker.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace ciam::module {
namespace {

bool is_at(const ngx_http_request_t* r, const ProviderConf& provider)
{
    return provider.redirect_host == to_view(r->headers_in.server);
}

/// The mix-up attack (RFC 9700 section 4.4) brings the code of one provider with the state of a
/// login at another. Where each has a redirect URI of its own, the address tells them apart.
void require_own_address(const ngx_http_request_t* r, const Endpoint& endpoint,
                         const ProviderConf& provider)
{
    if (provider.redirect_host.empty() || is_at(r, provider)) {
        return;
    }
    const auto& here = endpoint.providers;
    if (std::any_of(here.begin(), here.end(),
                    [r](const auto* other) { return is_at(r, *other); })) {
        throw base::Error{base::Fault::client,
                          "callback: the response came to the redirect_uri of another provider"};
    }
}

/// Who began the login, whose state the keyring has opened.
const ProviderConf& owner_of(const ngx_http_request_t* r, const Endpoint& endpoint,
                             const jose::Keyring& keyring, const std::string& name)
{
    const auto* owner = main_conf(r).find(name);
    const auto& here = endpoint.providers;
    const bool is_here = std::find(here.begin(), here.end(), owner) != here.end();
    if (!is_here || &worker()->keyring_of(*owner) != &keyring) {
        throw base::Error{base::Fault::client,
                          "callback: the state belongs to a login of another place"};
    }
    require_own_address(r, endpoint, *owner);
    return *owner;
}

/// nullopt when the state was not sealed by this provider's key.
std::optional<flow::Callback> try_key_of(ngx_http_request_t* r, const ProviderConf& provider,
                                         const std::string& query,
                                         std::optional<base::Error>& failure)
try {
    return flow::read_callback(worker()->keyring_of(provider), query, binding_values(r, provider));
} catch (const base::Error& error) {
    failure = error;
    return std::nullopt;
}

} // namespace

std::vector<std::string> binding_values(ngx_http_request_t* r, const ProviderConf& provider)
{
    return cookie_values(r, binding_cookie(is_secure(r, provider)).name, flow::is_binding);
}

ReadCallback read_callback(ngx_http_request_t* r, const Endpoint& endpoint,
                           const std::string& query)
{
    std::optional<base::Error> failure;
    std::set<const jose::Keyring*> tried; // thousands of providers may have one
    for (const auto* provider : endpoint.providers) {
        const auto& keyring = worker()->keyring_of(*provider);
        const bool is_new = tried.insert(&keyring).second;
        const auto callback = is_new ? try_key_of(r, *provider, query, failure) : std::nullopt;
        if (callback) {
            const auto& name = callback->opened.transaction.provider;
            const auto& owner = owner_of(r, endpoint, keyring, name);
            // Of a site that may be https where the first one's is not.
            return {owner, flow::read_callback(keyring, query, binding_values(r, owner))};
        }
    }
    throw base::Error{failure.value()}; // an endpoint has at least one provider
}

} // namespace ciam::module
