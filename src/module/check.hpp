// oidc_check: the answer for auth_request, and for proxies that ask before they forward a request.
#pragma once

#include "module/nginx.hpp"

namespace ciam::module {

/// Content handler: 202, with the oidc_set_header lines of the location as fields of the answer.
/// Who may not come here has got 401 or 403 before.
ngx_int_t serve_check(ngx_http_request_t* r);

} // namespace ciam::module
