#include "module/logout_values.hpp"

#include "oidc/logout.hpp"

#include <algorithm>
#include <array>

namespace ciam::module {
namespace {

using oidc::LogoutStyle;

constexpr std::array<std::pair<std::string_view, LogoutStyle>, 4> styles{{
    {"oidc", LogoutStyle::oidc},
    {"auth0", LogoutStyle::auth0},
    {"cognito", LogoutStyle::cognito},
    {"none", LogoutStyle::local},
}};

/// Clear Site Data (W3C) section 3.1, and what browsers have added since.
constexpr std::array<std::string_view, 8> kinds_of_site_data{
    "cache",       "cookies",       "storage",        "executionContexts",
    "clientHints", "prefetchCache", "prerenderCache", "*"};

} // namespace

void set_backchannel_logout_uri(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.backchannel_path = own_path(words, to_view(words[1]));
}

void set_clear_site_data(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto word = to_view(words[i]);
        if (std::count(kinds_of_site_data.begin(), kinds_of_site_data.end(), word) == 0) {
            wrong("clear_site_data takes cache, cookies, storage, executionContexts, clientHints, "
                  "prefetchCache, prerenderCache and *");
        }
        auto& value = provider.clear_site_data;
        value.append(value.empty() ? "\"" : ", \"").append(word).append("\"");
    }
}

void set_logout_style(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    const auto word = to_view(words[1]);
    const auto* found = std::find_if(styles.begin(), styles.end(),
                                     [word](const auto& style) { return style.first == word; });
    provider.client.logout_style = found != styles.end() ? found->second : LogoutStyle::custom;
    provider.client.logout_template = found != styles.end() ? "" : word;
}

void set_revoke_on_logout(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.client.revoke_on_logout = on_or_off(words);
}

void check_logout(const ProviderConf& provider)
{
    const auto& client = provider.client;
    if (client.logout_style == LogoutStyle::custom) {
        oidc::check_logout_template(client.logout_template, client.loopback_http);
    }
    if (client.logout_style == LogoutStyle::cognito && !provider.logout_path.empty() &&
        provider.post_logout_uri.empty()) {
        wrong("logout_style cognito of oidc_provider " + client.provider +
              " needs post_logout_uri: without it Cognito shows an error; write post_logout_uri "
              "/goodbye; and register its whole address as a sign-out URL");
    }
}

} // namespace ciam::module
