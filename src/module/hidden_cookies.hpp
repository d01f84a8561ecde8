// Our own cookies are nobody else's business: backends get the Cookie field without them.
#pragma once

#include "module/nginx.hpp"

namespace ciam::module {

/// The Cookie fields of a request as the backend may see them.
class HiddenCookies {
public:
    explicit HiddenCookies(ngx_http_request_t* r);

    /// False: none of ours is among them, and nothing is to be done.
    bool any() const { return any_; }
    /// True for a field of the request that is to go.
    bool replace(const ngx_table_elt_t& field) const;

    // What comes in their place.
    ngx_table_elt_t* fields() const { return fields_; }
    ngx_uint_t count() const { return count_; }

    /// For $http_cookie and $cookie_NAME; what the browser sent is kept for ourselves.
    void install(ngx_http_request_t* r) const;

private:
    bool any_ = false;
    ngx_table_elt_t* fields_ = nullptr;
    ngx_uint_t count_ = 0;
    ngx_str_t* sent_ = nullptr;
    std::size_t sent_count_ = 0;
};

} // namespace ciam::module
