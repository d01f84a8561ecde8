// What the directives of an oidc_provider block about logout take.
#pragma once

#include "module/conf.hpp"
#include "module/directive_words.hpp"

namespace ciam::module {

void set_backchannel_logout_uri(ngx_conf_t*, ProviderConf&, const DirectiveWords&);

} // namespace ciam::module
