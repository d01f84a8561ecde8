// Providers whose responses come to one redirect URI: nothing but the response itself can tell them
// apart then.
#pragma once

#include "module/conf.hpp"

namespace ciam::module {

/// Marks the clients of such providers, so that their responses need iss (RFC 9207), and warns.
void check_shared_redirects(ngx_conf_t* cf, MainConf& main);

} // namespace ciam::module
