#include "module/cookies.hpp"

#include "module/request_context.hpp"
#include "module/respond.hpp"

#include <algorithm>

namespace ciam::module {
namespace {

constexpr std::size_t most_candidates = 4;

} // namespace

const base::CookieAttributes& session_cookie(const ProviderConf& provider, bool secure)
{
    return secure ? provider.session_cookie_https : provider.session_cookie_http;
}

void name_session_cookies(ProviderConf& provider)
{
    const bool is_explicit = !provider.cookie_name.empty();
    auto name = is_explicit ? provider.cookie_name : std::string{"NGX_OIDC_SESSION"};
    // The first provider's cookie keeps its name when a second provider is added.
    if (!is_explicit && provider.index > 0) {
        name += '_' + provider.client.provider;
    }
    provider.session_cookie_http = {name, false};
    provider.session_cookie_https = {is_explicit ? name : "__Host-" + name, true};
}

base::CookieAttributes binding_cookie(bool secure)
{
    return {secure ? "__Host-NGX_OIDC_LOGIN" : "NGX_OIDC_LOGIN", secure};
}

base::CookieAttributes logout_cookie(bool secure)
{
    return {secure ? "__Host-NGX_OIDC_LOGOUT" : "NGX_OIDC_LOGOUT", secure};
}

std::vector<std::string> own_cookie_names(const MainConf& main)
{
    std::vector<std::string> names{binding_cookie(false).name, binding_cookie(true).name,
                                   logout_cookie(false).name, logout_cookie(true).name};
    for (const auto& provider : main.providers) {
        names.push_back(provider->session_cookie_http.name);
        names.push_back(provider->session_cookie_https.name);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::span<const ngx_str_t> sent_cookies(ngx_http_request_t* r)
{
    const auto* ctx = find_context(r);
    return ctx != nullptr ? ctx->sent_cookies : std::span<const ngx_str_t>{};
}

std::vector<std::string> cookie_values(ngx_http_request_t* r, std::string_view name,
                                       const std::function<bool(std::string_view)>& accept)
{
    std::vector<std::string> found;
    any_cookie(r, name, [&](std::string_view value) {
        if (accept(value)) {
            found.emplace_back(value);
        }
        return found.size() == most_candidates;
    });
    return found;
}

void add_set_cookie(ngx_http_request_t* r, const std::string& value)
{
    add_header(r, "Set-Cookie", value);
}

} // namespace ciam::module
