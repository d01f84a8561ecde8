// The request headers that say who the customer is: taken away from what clients send, set from the
// session for whatever serves the location.
#pragma once

#include "module/conf.hpp"

#include <string_view>
#include <vector>

namespace ciam::module {

/// REWRITE phase, on every entry (main request, subrequest, internal redirect, named location).
void remove_identity_headers(ngx_http_request_t* r);

/// PRECONTENT phase: the oidc_set_header lines of the location.
void set_identity_headers(ngx_http_request_t* r);

struct HeaderValue {
    std::string_view name;
    std::string_view value; // in the request's pool; not empty
};
/// The oidc_set_header lines of the location, with what they say of this request's customer.
std::vector<HeaderValue> identity_headers(ngx_http_request_t* r);

} // namespace ciam::module
