// What the directives of an oidc_provider block about logout take.
#pragma once

#include "module/conf.hpp"
#include "module/directive_words.hpp"

namespace ciam::module {

void set_backchannel_logout_uri(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_clear_site_data(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_logout_style(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_revoke_on_logout(ngx_conf_t*, ProviderConf&, const DirectiveWords&);

/// What must hold once the block is closed.
void check_logout(const ProviderConf& provider);

} // namespace ciam::module
