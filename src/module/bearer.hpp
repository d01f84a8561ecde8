// From a request's `Authorization: Bearer` to what a session would say: subject and claims.
#pragma once

#include "module/request_context.hpp"

namespace ciam::module {

/// The rules by which this request's bearer token is looked at. Null: its location takes none, or
/// it has none, so that its cookie counts. Never both: a token that does not hold is refused,
/// whatever cookie is beside it.
const BearerRules* bearer_rules(ngx_http_request_t* r, const RequestContext& ctx,
                                const ProviderConf& provider);

/// Looks the token up by ctx.bearer.rules. False: it is being asked about, and the request will be
/// woken. Else there is a session, or a problem or an error in ctx.bearer.
bool look_bearer_up(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider);

/// The token's text.
std::string_view token_of(const ngx_http_request_t* r);

/// Throws where the token was looked at by one location of the request and not by another: nginx
/// keeps what was computed by the one for the other.
void refuse_changed_credential(const RequestContext& ctx);

} // namespace ciam::module
