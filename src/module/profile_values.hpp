// The directives profile and apple_team_id, and what a profile sets once its block is closed.
#pragma once

#include "module/provider_values.hpp"

namespace ciam::module {

void set_profile(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_apple_team_id(ngx_conf_t*, ProviderConf&, const DirectiveWords&);

/// Sets what the block does not say itself, and refuses what contradicts the profile.
void apply_profile(ngx_conf_t* cf, ProviderConf& provider);

} // namespace ciam::module
