// Which addresses are the module's own.
#pragma once

#include "module/conf.hpp"

#include <string>

namespace ciam::module {

/// `wanted` where it is a path of this site and, however it is spelled, none of our own endpoints,
/// which would go round in circles or log out; else "/".
std::string return_path(ngx_http_request_t* r, const std::string& wanted);

/// What the query says in `return_to=/path`; anything else than a page of this site becomes "/".
std::string wanted_page(ngx_http_request_t* r, const std::string& query);

} // namespace ciam::module
