// Logout by the customer, and by the provider's page in an iframe.
#pragma once

#include "module/request_context.hpp"

#include <string>
#include <vector>

namespace ciam::module {

/// The session cookies that the browser has sent.
std::vector<std::string> session_cookies_of(ngx_http_request_t* r, const ProviderConf& provider);

ngx_int_t serve_logout(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider);
ngx_int_t serve_frontchannel_logout(ngx_http_request_t* r, RequestContext& ctx,
                                    const ProviderConf& provider);

} // namespace ciam::module
