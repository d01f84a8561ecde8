// Our cookies in a request: names, values that the browser sent, values to set.
#pragma once

#include "base/cookie.hpp"
#include "module/conf.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ciam::module {

/// `secure`: the site is https; the name then carries the __Host- prefix, unless cookie_name is
/// explicit.
const base::CookieAttributes& session_cookie(const ProviderConf& provider, bool secure);
base::CookieAttributes binding_cookie(bool secure);

/// Fills in the names, once the provider's place among the others is known.
void name_session_cookies(ProviderConf& provider);

/// Every value of a cookie of this name that has the right shape, at most 4 (a neighbour domain may
/// have set others).
std::vector<std::string> cookie_values(ngx_http_request_t* r, std::string_view name,
                                       const std::function<bool(std::string_view)>& accept);

/// Calls `visit` with each value until it returns true; copies nothing. For the hot path.
template <class Visit> bool any_cookie(ngx_http_request_t* r, std::string_view name, Visit visit)
{
#if (nginx_version >= 1023000)
    for (auto* line = r->headers_in.cookie; line != nullptr; line = line->next) {
#else
    auto** lines = static_cast<ngx_table_elt_t**>(r->headers_in.cookies.elts);
    for (ngx_uint_t i = 0; i < r->headers_in.cookies.nelts; ++i) {
        auto* line = lines[i];
#endif
        base::CookieValues values{to_view(line->value), name};
        while (const auto value = values.next()) {
            if (visit(*value)) {
                return true;
            }
        }
    }
    return false;
}

/// Adds a Set-Cookie field to the answer.
void add_set_cookie(ngx_http_request_t* r, const std::string& value);

} // namespace ciam::module
