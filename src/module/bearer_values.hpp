// What auth_oidc_bearer takes.
#pragma once

#include "module/conf.hpp"

namespace ciam::module {

char* auth_oidc_bearer(ngx_conf_t* cf, ngx_command_t* command, void* conf);

/// Once the location has inherited. Throws base::Error{Fault::configuration} when its provider
/// cannot do what its auth_oidc_bearer wants.
void check_bearer(const LocationConf& location);

} // namespace ciam::module
