// How a request without a session is told to log in: a browser that navigates is sent to the
// provider, everything else gets 401 with the address where a person can log in.
#pragma once

#include "module/conf.hpp"

#include <string_view>

namespace ciam::module {

/// A person opens a page: GET or HEAD, by Sec-Fetch-Mode, else by Accept; never a prefetch, a
/// WebSocket or an XMLHttpRequest.
bool is_navigation(ngx_http_request_t* r);

/// Neither inside a page of another site (frame, picture) nor a script's: browsers that do not say
/// are believed.
bool is_page_of_its_own(ngx_http_request_t* r);

/// The answer is for an iframe, or a browser that does not say.
bool is_for_frame(ngx_http_request_t* r);

/// CORS preflight (Fetch, section 3.3.2).
bool is_preflight(ngx_http_request_t* r);

/// True when this request is to be redirected, by auth_oidc_challenge.
bool is_redirected(ngx_http_request_t* r);

/// 401 with WWW-Authenticate and a JSON body that names the login URL.
ngx_int_t send_login_required(ngx_http_request_t* r, const ProviderConf& provider);

/// True when the page that sent the browser here belongs to this site, or the address was typed
/// (Sec-Fetch-Site; browsers without it: Origin, else Referer).
bool comes_from_site(ngx_http_request_t* r, std::string_view base_url);

} // namespace ciam::module
