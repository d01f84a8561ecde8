// What the directives about the refresh of tokens take.
#pragma once

#include "module/conf.hpp"
#include "module/directive_words.hpp"

namespace ciam::module {

void set_refresh(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_refresh_uri(ngx_conf_t*, ProviderConf&, const DirectiveWords&);

/// What must hold once the block is closed.
void check_refresh(const ProviderConf& provider);

} // namespace ciam::module
