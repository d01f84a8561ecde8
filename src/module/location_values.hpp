// What the directives of http, server and location take.
#pragma once

#include "module/nginx.hpp"

namespace ciam::module {

char* auth_oidc(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* auth_oidc_mode(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* auth_oidc_challenge(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* auth_oidc_args(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* auth_require(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* oidc_set_header(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* oidc_base_url(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* oidc_check(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* oidc_jwks(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* oidc_status(ngx_conf_t* cf, ngx_command_t* command, void* conf);

} // namespace ciam::module
