// What of a request's address may be logged.
#pragma once

#include "module/nginx.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ciam::module {

/// The request URI as the client sent it; of the module's own endpoints the path alone, since a
/// callback's query holds code and state.
std::string safe_uri(ngx_http_request_t* r);

/// Takes the query of an endpoint away from all that nginx logs and passes on ($request,
/// $request_uri, $args), and returns it.
std::string take_query(ngx_http_request_t* r);

/// The same for one parameter alone; the others stay. nullopt: it is not there. Empty: it is there
/// twice.
std::optional<std::string> take_parameter(ngx_http_request_t* r, std::string_view name);

/// LOG phase, before the log is written: does the same for a callback that nginx has ended before
/// its rewrite phase (cookies too large, a client that went away, a server that only redirects).
ngx_int_t hide_query(ngx_http_request_t* r);

} // namespace ciam::module
