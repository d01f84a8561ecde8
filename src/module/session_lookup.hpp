// The hot path: from the request's cookie or bearer token to an opened session.
#pragma once

#include "module/request_context.hpp"

namespace ciam::module {

/// Looks the session of `provider` up, once a request. False: the store has not answered yet and
/// will wake the request; a context whose lookup is not done then reads as anonymous.
bool look_session_up(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider);

/// It may have changed: the next look_session_up() looks again.
void forget_session(RequestContext& ctx);

/// Goes on with the session that `other`, of the same nginx request, has found.
void take_session(RequestContext& ctx, const RequestContext& other);

/// The session that variables and headers of this request read: of the provider that protects its
/// location, in any phase. nullptr: anonymous.
const flow::SessionView* session_of(ngx_http_request_t* r);

/// The tokens of the session that the context has, as tokens_of().
const flow::SessionTokens* open_tokens(ngx_http_request_t* r, RequestContext& ctx);

/// The session's tokens, opened on first use. nullptr where none are kept.
const flow::SessionTokens* tokens_of(ngx_http_request_t* r);

} // namespace ciam::module
