// The redirect URI: turns what the flow says came out into an answer for the browser.
#pragma once

#include "module/request_context.hpp"

namespace ciam::module {

ngx_int_t serve_callback(ngx_http_request_t* r, RequestContext& ctx);

} // namespace ciam::module
