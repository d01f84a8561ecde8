// Values that were computed before it was known who the customer is: by `if`, `set` or limit_req,
// which run before the access phase and cannot wait for an introspection or for Redis; in a server
// or location without a provider, from where the request was led on; before an oidc_check was asked
// or tokens were refreshed.
#pragma once

#include "module/nginx.hpp"

namespace ciam::module {

/// nginx keeps what a `map` said for the whole request. Those that read a variable of ours are
/// forgotten, so that they are read again when next asked for: a rule must not decide by what they
/// say of nobody. What `set` has set stays, and so does all that hangs on nothing of ours.
void forget_early_values(ngx_http_request_t* r);

} // namespace ciam::module
