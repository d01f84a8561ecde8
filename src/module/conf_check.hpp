// Once all of the configuration is read: which claims and tokens it uses, and what does not go
// together.
#pragma once

#include "module/conf.hpp"

namespace ciam::module {

/// Completes each provider's client. Warns of what will not work as written.
void check_configuration(ngx_conf_t* cf, MainConf& main);

} // namespace ciam::module
