#include "module/directives.hpp"

#include "module/bearer_values.hpp"
#include "module/location_values.hpp"
#include "module/main_values.hpp"
#include "module/provider_block.hpp"

namespace ciam::module {
namespace {

constexpr ngx_uint_t http_level = NGX_HTTP_MAIN_CONF;
constexpr ngx_uint_t everywhere = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;

using Setter = char* (*)(ngx_conf_t*, ngx_command_t*, void*);

ngx_command_t main_directive(std::string_view name, ngx_uint_t type, Setter set) noexcept
{
    return {to_ngx(name), type, set, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr};
}

ngx_command_t location_directive(std::string_view name, ngx_uint_t type, Setter set) noexcept
{
    return {to_ngx(name), type, set, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr};
}

/// One that makes the module answer in the location.
ngx_command_t content_directive(std::string_view name, Setter set) noexcept
{
    return location_directive(name, NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS, set);
}

} // namespace

ngx_command_t directives[] = {
    main_directive("oidc_provider", http_level | NGX_CONF_BLOCK | NGX_CONF_TAKE1, oidc_provider),
    main_directive("oidc_session_zone", http_level | NGX_CONF_1MORE, oidc_session_zone),
    main_directive("keyval_zone", http_level | NGX_CONF_1MORE, keyval_zone),
    main_directive("oidc_claim_set", http_level | NGX_CONF_2MORE, oidc_claim_set),
    main_directive("auth_jwt_claim_set", http_level | NGX_CONF_2MORE, auth_jwt_claim_set),
    main_directive("secret_key_file", http_level | NGX_CONF_TAKE1, secret_key_file),
    location_directive("auth_oidc", everywhere | NGX_CONF_TAKE1, auth_oidc),
    location_directive("auth_oidc_mode", everywhere | NGX_CONF_TAKE1, auth_oidc_mode),
    location_directive("auth_oidc_challenge", everywhere | NGX_CONF_TAKE12, auth_oidc_challenge),
    location_directive("auth_oidc_args", everywhere | NGX_CONF_1MORE, auth_oidc_args),
    location_directive("auth_require", everywhere | NGX_HTTP_LMT_CONF | NGX_CONF_1MORE,
                       auth_require),
    location_directive("auth_oidc_bearer", everywhere | NGX_CONF_1MORE, auth_oidc_bearer),
    location_directive("oidc_set_header", everywhere | NGX_CONF_TAKE23, oidc_set_header),
    location_directive("oidc_base_url", everywhere | NGX_CONF_TAKE1, oidc_base_url),
    content_directive("oidc_check", oidc_check),
    content_directive("oidc_jwks", oidc_jwks),
    content_directive("oidc_status", oidc_status),
    ngx_null_command};

} // namespace ciam::module
