// Subrequests (SSI, auth_request, mirror, addition): nginx runs no access phase for them, so a
// protected location that one enters is guarded here.
#pragma once

#include "module/nginx.hpp"

namespace ciam::module {

/// PREACCESS phase of a subrequest: 401 without a session of the location's provider, 403 where the
/// main request's location has another provider, or a rule fails; else NGX_DECLINED.
ngx_int_t guard_subrequest(ngx_http_request_t* r);

} // namespace ciam::module
