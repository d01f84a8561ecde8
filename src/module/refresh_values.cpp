#include "module/refresh_values.hpp"

#include "oidc/profile.hpp"

#include <algorithm>

namespace ciam::module {
namespace {

void add_unless_set(ProviderConf& provider, std::string_view name, std::string_view value)
{
    const auto& arguments = provider.extra_arguments;
    if (!provider.client.extra_auth_args.has(name) &&
        std::none_of(arguments.begin(), arguments.end(),
                     [name](const auto& argument) { return argument.name == name; })) {
        provider.client.extra_auth_args.add(name, value);
    }
}

} // namespace

void set_refresh(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    constexpr std::string_view ahead = "ahead=";
    const auto word = to_view(words[1]);
    if (word == "lazy" || word == "off") {
        provider.refreshes = word == "lazy";
        return;
    }
    auto text = to_ngx(word.substr(std::min(ahead.size(), word.size())));
    const auto time = ngx_parse_time(&text, 1);
    if (!word.starts_with(ahead) || time == NGX_ERROR || time == 0) {
        wrong("refresh takes lazy, off, or ahead= with a time, such as ahead=30s");
    }
    provider.refresh_ahead = time;
}

void set_refresh_uri(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.refresh_path = own_path(words, to_view(words[1]));
}

bool asks_for_refresh(const ProviderConf& provider)
{
    return provider.refreshes && (provider.says("refresh") || !provider.refresh_path.empty());
}

void request_offline_access(ProviderConf& provider)
{
    if (provider.profile == nullptr || !asks_for_refresh(provider) ||
        provider.profile->refresh_token != oidc::RefreshToken::access_type) {
        return;
    }
    // Google gives one at the first consent, and never again unless it asks the customer anew.
    add_unless_set(provider, "access_type", "offline");
    add_unless_set(provider, "prompt", "consent");
}

void check_refresh(const ProviderConf& provider)
{
    if (!provider.refreshes && !provider.refresh_path.empty()) {
        wrong("oidc_provider " + provider.client.provider +
              " has refresh off and refresh_uri; keep one");
    }
}

} // namespace ciam::module
