// What the directives of an oidc_provider block take that say how a customer is sent to the
// provider and comes back. Setters throw like those of provider_values.hpp.
#pragma once

#include "module/provider_values.hpp"

namespace ciam::module {

void set_audience(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_claims_parameter(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_extra_auth_args(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_initiate_login_uri(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_par(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_pkce(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_resource(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_response_mode(ngx_conf_t*, ProviderConf&, const DirectiveWords&);

/// A parameter of the authorization request, as extra_auth_args and auth_oidc_args may set it. A
/// value with variables is judged when they are known.
void check_argument(const std::string& directive, const std::string& name, std::string_view value);

/// What must hold once the block is closed; adds what the directives ask for to the client's
/// extra_auth_args.
void finish_authorization(ProviderConf& provider);

} // namespace ciam::module
