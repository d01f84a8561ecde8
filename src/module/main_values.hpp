// What the directives of the http level take, and the checks once all of the configuration is read.
#pragma once

#include "module/nginx.hpp"

namespace ciam::module {

char* oidc_session_zone(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* keyval_zone(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* oidc_claim_set(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* auth_jwt_claim_set(ngx_conf_t* cf, ngx_command_t* command, void* conf);
char* secret_key_file(ngx_conf_t* cf, ngx_command_t* command, void* conf);

} // namespace ciam::module
