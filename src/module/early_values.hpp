// Values that were computed before it was known who the customer is: by `if`, `set` or limit_req,
// which run before the access phase and cannot wait for an introspection or for Redis, or before an
// oidc_check was asked.
#pragma once

#include "module/nginx.hpp"

namespace ciam::module {

/// nginx keeps what a `map` said for the whole request. Those that read a variable of ours are
/// asked again, since a rule must not decide by what they say of nobody. What `set` has set stays.
void compute_again(ngx_http_request_t* r);

} // namespace ciam::module
