// Complete answers of the module's own: sent here and now, so that no error_page can take a
// redirect for an error, and never cached.
#pragma once

#include "base/error.hpp"
#include "module/nginx.hpp"
#include "module/pages.hpp"

#include <string>
#include <string_view>

namespace ciam::module {

/// Replaces a field of that name which an earlier answer to the same request has set. `name` lives
/// as long as the request.
void set_header(ngx_http_request_t* r, std::string_view name, std::string_view value);
ngx_table_elt_t* add_header(ngx_http_request_t* r, std::string_view name, std::string_view value);

/// Adds the challenge of a 401 (RFC 9110 section 11.6.1); nginx hands it on from a subrequest.
void add_challenge(ngx_http_request_t* r, const std::string& provider);

/// Drops WWW-Authenticate fields that other modules have left.
void forget_challenges(ngx_http_request_t* r);

/// Each sends the answer, finalizes the request and returns NGX_DONE for the phase handler to
/// return.
ngx_int_t send_redirect(ngx_http_request_t* r, const std::string& absolute_url);
ngx_int_t send_page(ngx_http_request_t* r, const Page& page);
ngx_int_t send_json(ngx_http_request_t* r, ngx_uint_t status, const std::string& json);
ngx_int_t send_empty(ngx_http_request_t* r, ngx_uint_t status);

/// The same for a content handler, which returns what these return: nginx then finalizes.
ngx_int_t give_text(ngx_http_request_t* r, const char* type, const std::string& text);
ngx_int_t give_empty(ngx_http_request_t* r, ngx_uint_t status);

/// Like send_page, but where the location has an error_page for this status, returns the status and
/// leaves the look of it to the site.
ngx_int_t send_error_page(ngx_http_request_t* r, const Page& page);

/// Logs once what happened and answers with the status and page that go with the fault.
ngx_int_t send_error(ngx_http_request_t* r, const char* provider, const base::Error& error);

} // namespace ciam::module
