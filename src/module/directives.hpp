// The table of directives outside the oidc_provider block.
#pragma once

#include "module/nginx.hpp"

namespace ciam::module {

extern ngx_command_t directives[];

} // namespace ciam::module
