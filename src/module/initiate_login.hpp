// A login that a third party starts, the provider's own portal as a rule (OIDC Core 4).
#pragma once

#include "module/request_context.hpp"

namespace ciam::module {

/// A customer who is logged in stays so and goes to the page; everybody else begins a login.
ngx_int_t serve_initiate_login(ngx_http_request_t* r, RequestContext& ctx);

} // namespace ciam::module
