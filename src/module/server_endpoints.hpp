// The addresses that the module answers itself in a server: those of every provider that can be
// chosen there.
#pragma once

#include "module/conf.hpp"

namespace ciam::module {

/// Throws base::Error{Fault::configuration} where one path would serve two purposes.
void set_endpoints(const MainConf& main, ServerConf& server);

} // namespace ciam::module
