#include "module/callback_read.hpp"

#include "base/error.hpp"
#include "base/url.hpp"
#include "module/cookies.hpp"
#include "module/site.hpp"
#include "module/worker.hpp"

#include <algorithm>
#include <set>

namespace ciam::module {
namespace {

const ProviderConf* provider_of(const ngx_http_request_t* r, const Endpoint& endpoint,
                                const flow::Callback& callback)
{
    const auto* named = main_conf(r).find(callback.opened.transaction.provider);
    const auto& here = endpoint.providers;
    return std::find(here.begin(), here.end(), named) != here.end() ? named : nullptr;
}

bool is_at(const ngx_http_request_t* r, const ProviderConf& provider)
{
    const auto url = base::Url::parse(provider.redirect_origin);
    return url && url->host == to_view(r->headers_in.server);
}

/// The mix-up attack (RFC 9700 section 4.4) brings the code of one provider with the state of a
/// login at another. Where each has a redirect URI of its own, the address tells them apart.
void require_own_address(const ngx_http_request_t* r, const Endpoint& endpoint,
                         const ProviderConf& provider)
{
    if (provider.redirect_origin.empty() || is_at(r, provider)) {
        return;
    }
    const auto& here = endpoint.providers;
    if (std::any_of(here.begin(), here.end(),
                    [r](const auto* other) { return is_at(r, *other); })) {
        throw base::Error{base::Fault::client,
                          "callback: the response came to the redirect_uri of another provider"};
    }
}

} // namespace

std::vector<std::string> binding_values(ngx_http_request_t* r, const ProviderConf& provider)
{
    return cookie_values(r, binding_cookie(is_secure(r, provider)).name, flow::is_binding);
}

ReadCallback read_callback(ngx_http_request_t* r, const Endpoint& endpoint,
                           const std::string& query)
{
    base::Error failure{base::Fault::client,
                        "callback: the state belongs to a login of another place"};
    std::set<const jose::Keyring*> tried; // thousands of providers may have one
    for (const auto* provider : endpoint.providers) {
        const auto& keyring = worker()->keyring_of(*provider);
        if (!tried.insert(&keyring).second) {
            continue;
        }
        try {
            auto callback = flow::read_callback(keyring, query, binding_values(r, *provider));
            const auto* owner = provider_of(r, endpoint, callback);
            if (owner == nullptr || &worker()->keyring_of(*owner) != &keyring) {
                continue;
            }
            require_own_address(r, endpoint, *owner);
            // Of a site that may be https where the first one's is not.
            return {*owner, flow::read_callback(keyring, query, binding_values(r, *owner))};
        } catch (const base::Error& error) {
            failure = error;
        }
    }
    throw base::Error{failure};
}

} // namespace ciam::module
