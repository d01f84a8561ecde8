// `return` in a protected location: nginx runs it before any login, so what it says is public.
#pragma once

#include "module/nginx.hpp"

namespace ciam::module {

struct LocationConf;

/// Warns of one that always answers; while the location's configuration is merged. `is_own`:
/// auth_oidc stands in that very block, so that its author cannot have meant it.
void warn_of_return(ngx_conf_t* cf, bool is_own);

} // namespace ciam::module
