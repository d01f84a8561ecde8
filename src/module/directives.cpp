#include "module/directives.hpp"

#include "module/location_values.hpp"
#include "module/main_values.hpp"
#include "module/provider_block.hpp"

namespace ciam::module {
namespace {

constexpr ngx_uint_t http_level = NGX_HTTP_MAIN_CONF;
constexpr ngx_uint_t everywhere = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;

} // namespace

ngx_command_t directives[] = {
    {ngx_string("oidc_provider"), http_level | NGX_CONF_BLOCK | NGX_CONF_TAKE1, oidc_provider,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("oidc_session_zone"), http_level | NGX_CONF_1MORE, oidc_session_zone,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("keyval_zone"), http_level | NGX_CONF_1MORE, keyval_zone, NGX_HTTP_MAIN_CONF_OFFSET,
     0, nullptr},
    {ngx_string("oidc_claim_set"), http_level | NGX_CONF_2MORE, oidc_claim_set,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("auth_jwt_claim_set"), http_level | NGX_CONF_2MORE, auth_jwt_claim_set,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("secret_key_file"), http_level | NGX_CONF_TAKE1, secret_key_file,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_oidc"), everywhere | NGX_CONF_TAKE1, auth_oidc, NGX_HTTP_LOC_CONF_OFFSET, 0,
     nullptr},
    {ngx_string("auth_oidc_mode"), everywhere | NGX_CONF_TAKE1, auth_oidc_mode,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("auth_oidc_challenge"), everywhere | NGX_CONF_TAKE12, auth_oidc_challenge,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("auth_oidc_args"), everywhere | NGX_CONF_1MORE, auth_oidc_args,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("auth_require"), everywhere | NGX_HTTP_LMT_CONF | NGX_CONF_1MORE, auth_require,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("oidc_set_header"), everywhere | NGX_CONF_TAKE23, oidc_set_header,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("oidc_base_url"), everywhere | NGX_CONF_TAKE1, oidc_base_url,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    ngx_null_command};

} // namespace ciam::module
