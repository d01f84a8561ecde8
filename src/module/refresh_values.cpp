#include "module/refresh_values.hpp"

namespace ciam::module {

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

void check_refresh(const ProviderConf& provider)
{
    if (!provider.refreshes && !provider.refresh_path.empty()) {
        wrong("oidc_provider " + provider.client.provider +
              " has refresh off and refresh_uri; keep one");
    }
}

} // namespace ciam::module
