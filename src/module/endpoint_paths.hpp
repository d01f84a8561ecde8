// Which addresses are the module's own.
#pragma once

#include "module/conf.hpp"

#include <string>

namespace ciam::module {

/// `wanted` where it is a path of this site and, however it is spelled, none of our own endpoints,
/// which would go round in circles or log out; else "/".
std::string return_path(ngx_http_request_t* r, const std::string& wanted);

} // namespace ciam::module
