#include "module/logout_return.hpp"

#include "base/secret.hpp"
#include "base/url.hpp"
#include "flow/cookie_value.hpp"
#include "module/cookies.hpp"
#include "module/counts.hpp"
#include "module/safe_uri.hpp"

namespace ciam::module {
namespace {

/// A page that a logout leads back to, and the states that are expected there.
struct Return {
    const Endpoint* page = nullptr;
    std::vector<std::string> expected;
};

bool is_page_request(const ngx_http_request_t* r)
{
    return r == r->main && !r->internal && (r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) != 0;
}

/// None, as nearly always: no page of a logout, or a browser that has not been sent away.
Return expected_return(ngx_http_request_t* r)
{
    if (!is_page_request(r)) {
        return {};
    }
    for (const auto& page : server_conf(r).logout_returns) {
        if (page.path == to_view(r->uri)) {
            const auto name = logout_cookie(is_secure(r, *page.providers.front())).name;
            auto states = cookie_values(r, name, flow::is_cookie_value);
            if (!states.empty()) {
                return {&page, std::move(states)};
            }
        }
    }
    return {};
}

bool is_expected(const Return& back, std::string_view state)
{
    return std::any_of(back.expected.begin(), back.expected.end(),
                       [state](const auto& one) { return base::equal_secret(one, state); });
}

} // namespace

bool can_check_return(const Site& site, const ProviderConf& provider)
{
    const auto& cleared = provider.clear_site_data;
    const bool keeps_cookie =
        cleared.find("cookies") == cleared.npos && cleared.find('*') == cleared.npos;
    const auto url = base::Url::parse(provider.post_logout_uri);
    const bool is_here = url ? url->origin() == site.base_url : !provider.post_logout_uri.empty();
    return keeps_cookie && is_here;
}

const Endpoint* find_altered_return(ngx_http_request_t* r)
{
    const auto back = expected_return(r);
    if (back.page == nullptr) {
        return nullptr;
    }
    const auto& provider = *back.page->providers.front();
    add_set_cookie(r, base::delete_cookie(logout_cookie(is_secure(r, provider))));
    const auto state = take_parameter(r, "state");
    if (state && is_expected(back, *state)) {
        return nullptr;
    }
    // Without one the customer is shown the page all the same: he is logged out, and nothing hangs
    // on it.
    const std::string what =
        state
            ? "with another state than it was sent with: the provider has altered it, or somebody "
              "else led it here"
            : "without the state that it was sent with; check that the provider returns it";
    log_sparsely({.log = r->connection->log,
                  .level = NGX_LOG_WARN,
                  .provider = provider.name(),
                  .text = "a browser came back from a logout " + what});
    return state ? back.page : nullptr;
}

void hide_return_state(ngx_http_request_t* r)
{
    if (expected_return(r).page != nullptr) {
        take_parameter(r, "state");
    }
}

} // namespace ciam::module
