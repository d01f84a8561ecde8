// The address that the provider posts logout tokens to (OIDC Back-Channel Logout 1.0 section 2.5).
#pragma once

#include "module/request_context.hpp"

namespace ciam::module {

/// Answers as section 2.8 says: 200, or 400 with a JSON object that says why.
ngx_int_t serve_backchannel_logout(ngx_http_request_t* r, RequestContext& ctx,
                                   const ProviderConf& provider);

} // namespace ciam::module
