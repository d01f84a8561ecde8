// What a bearer token that is not let in is told (RFC 6750 section 3).
#pragma once

#include "module/request_context.hpp"

namespace ciam::module {

/// Asks for a token, where the location takes them; else for a login. For a request that has
/// neither.
void add_login_challenge(ngx_http_request_t* r, const ProviderConf& provider);

/// True when ctx.bearer holds a problem or an error.
bool has_bearer_problem(const RequestContext& ctx);

/// Sends the answer, and returns NGX_DONE. An error that the sysadmin has to mend is thrown.
ngx_int_t send_bearer_problem(ngx_http_request_t* r, const ProviderConf& provider,
                              const RequestContext& ctx);

/// The same in a subrequest, for whose parent to make of it what it likes: a status.
ngx_int_t tell_bearer_problem(ngx_http_request_t* r, const ProviderConf& provider,
                              const RequestContext& ctx);

} // namespace ciam::module
