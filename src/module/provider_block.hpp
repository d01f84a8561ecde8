// The oidc_provider block: its directives, and what must hold when it is closed.
#pragma once

#include "module/conf.hpp"

namespace ciam::module {

/// `oidc_provider name { … }`
char* oidc_provider(ngx_conf_t* cf, ngx_command_t* command, void* conf);

} // namespace ciam::module
