// oidc_jwks: the public halves of this server's own keys, for providers.
#pragma once

#include "module/nginx.hpp"

namespace ciam::module {

ngx_int_t serve_jwks(ngx_http_request_t* r);

} // namespace ciam::module
