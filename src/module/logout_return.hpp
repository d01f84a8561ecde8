// The way back from the provider after a logout (OIDC RP-Initiated Logout 1.0 section 3): to a page
// of the site, whose own business a `state` may be as well. So it is ours only in a browser that
// has been sent to the provider and has not come back.
#pragma once

#include "module/conf.hpp"
#include "module/site.hpp"

namespace ciam::module {

/// True where the page after the logout is one of this site, and the browser keeps our cookie.
bool can_check_return(const Site& site, const ProviderConf& provider);

/// REWRITE phase: looks at the state of a browser that comes back, and takes it out of the
/// request. nullptr: the site answers, as always; else the state was altered, and we do.
const Endpoint* find_altered_return(ngx_http_request_t* r);

/// Takes it out for the log where nginx has ended the request before its rewrite phase.
void hide_return_state(ngx_http_request_t* r);

} // namespace ciam::module
