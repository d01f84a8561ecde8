// Our cookies in a request: names, values that the browser sent, values to set.
#pragma once

#include "base/cookie.hpp"
#include "module/conf.hpp"

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ciam::module {

/// `secure`: the site is https; the name then carries the __Host- prefix, unless cookie_name is
/// explicit.
const base::CookieAttributes& session_cookie(const ProviderConf& provider, bool secure);
base::CookieAttributes binding_cookie(bool secure);
/// Holds the state of a logout that the browser has still to come back from.
base::CookieAttributes logout_cookie(bool secure);

/// Fills in the names, once the provider's place among the others is known.
void name_session_cookies(ProviderConf& provider);

/// The names of all our cookies, sorted.
std::vector<std::string> own_cookie_names(const MainConf& main);

/// Every value of a cookie of this name that has the right shape, at most 4 (a neighbour domain may
/// have set others).
std::vector<std::string> cookie_values(ngx_http_request_t* r, std::string_view name,
                                       const std::function<bool(std::string_view)>& accept);

/// The fields as the browser sent them, where ours have been taken out; else none.
std::span<const ngx_str_t> sent_cookies(ngx_http_request_t* r);

/// Calls `visit` with each Cookie field that nginx has now until it returns true.
template <class Visit> bool any_cookie_field(const ngx_http_request_t* r, Visit visit)
{
#if (nginx_version >= 1023000)
    for (auto* field = r->headers_in.cookie; field != nullptr; field = field->next) {
        if (visit(*field)) {
            return true;
        }
    }
#else
    auto** fields = static_cast<ngx_table_elt_t**>(r->headers_in.cookies.elts);
    for (ngx_uint_t i = 0; i < r->headers_in.cookies.nelts; ++i) {
        if (visit(*fields[i])) {
            return true;
        }
    }
#endif
    return false;
}

/// Calls `visit` with each value until it returns true; copies nothing. For the hot path.
template <class Visit> bool any_cookie(ngx_http_request_t* r, std::string_view name, Visit visit)
{
    const auto any_value = [&](const ngx_str_t& field) {
        base::CookieValues values{to_view(field), name};
        while (const auto value = values.next()) {
            if (visit(*value)) {
                return true;
            }
        }
        return false;
    };
    const auto sent = sent_cookies(r);
    return sent.empty()
               ? any_cookie_field(r, [&](const auto& field) { return any_value(field.value); })
               : std::any_of(sent.begin(), sent.end(), any_value);
}

/// Adds a Set-Cookie field to the answer.
void add_set_cookie(ngx_http_request_t* r, const std::string& value);

} // namespace ciam::module
