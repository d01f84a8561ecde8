// When a request has its session's tokens refreshed, and what it goes on with.
#pragma once

#include "module/request_context.hpp"

#include <string_view>

namespace ciam::module {

/// The access phase, or a subrequest that is guarded: refreshes an access token that has expired,
/// where the request may need it. False: that is under way and will wake the request.
bool refresh_in_time(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider);

/// Why this request has no access token that is good; empty: it has one, or needs none.
std::string_view refresh_error(ngx_http_request_t* r);

/// There is no access token to pass on; one that has expired counts where refreshing it failed.
bool lacks_token(ngx_http_request_t* r);

/// `refresh_uri`: the site asks for new tokens now.
ngx_int_t serve_refresh(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider);

} // namespace ciam::module
