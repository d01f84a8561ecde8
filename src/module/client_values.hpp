// What the directives of an oidc_provider block take that say who the client is, how it proves
// that, and which tokens it believes. Setters throw like those of provider_values.hpp.
#pragma once

#include "module/provider_values.hpp"

namespace ciam::module {

void set_client_id(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_client_secret(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_client_secret_file(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_client_auth(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_client_key(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_client_certificate(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_id_token_alg(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_id_token_decrypt_key(ngx_conf_t*, ProviderConf&, const DirectiveWords&);

/// What must hold once the block is closed.
void check_client(ProviderConf& provider);

} // namespace ciam::module
