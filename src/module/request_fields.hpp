// The fields of a request's header.
#pragma once

#include "module/nginx.hpp"

#include <string_view>

namespace ciam::module {

/// The first one's value, by lower-case name; empty when absent.
std::string_view request_field(ngx_http_request_t* r, std::string_view name);

} // namespace ciam::module
