// The module's own addresses (callback, logout, login, front- and back-channel logout): no location
// of their own is needed. Found in the rewrite phase, answered in preaccess, after limit_req.
#pragma once

#include "module/nginx.hpp"

namespace ciam::module {

/// REWRITE phase, before the rewrite module: finds an endpoint and takes its query out of what is
/// logged.
ngx_int_t find_endpoint(ngx_http_request_t* r);

/// PREACCESS phase, last.
ngx_int_t serve_endpoint(ngx_http_request_t* r);

} // namespace ciam::module
