// The access phase: who may see the location.
#pragma once

#include "module/conf.hpp"

#include <string>

namespace ciam::module {

struct RequestContext;

/// Registered twice: acts before the other access handlers under `satisfy all`, after them under
/// `satisfy any` (whoever an address or password lets in is not sent to log in).
ngx_int_t access_first(ngx_http_request_t* r);
ngx_int_t access_last(ngx_http_request_t* r);

/// auth_require: the status of the first that fails. NGX_DECLINED: none does.
ngx_int_t judge_rules(ngx_http_request_t* r);

struct BeginWish {
    std::string return_path;
    bool second_try = false;
    std::string login_hint = {}; // of a stranger: the configuration's own comes first
};

/// Sends the customer to the provider, to come back to the path. NGX_AGAIN: resume_flow() goes on.
ngx_int_t begin_login(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider,
                      const BeginWish& wish);

} // namespace ciam::module
