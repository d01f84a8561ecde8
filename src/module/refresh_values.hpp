// What the directives about the refresh of tokens take.
#pragma once

#include "module/conf.hpp"
#include "module/directive_words.hpp"

namespace ciam::module {

void set_refresh(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_refresh_uri(ngx_conf_t*, ProviderConf&, const DirectiveWords&);

/// True if the block itself wants tokens to be refreshed, and not the default alone.
bool asks_for_refresh(const ProviderConf& provider);

/// The parameters that bring a refresh token where the profile knows some; what the block's
/// extra_auth_args say holds.
void request_offline_access(ProviderConf& provider);

/// What must hold once the block is closed.
void check_refresh(const ProviderConf& provider);

} // namespace ciam::module
