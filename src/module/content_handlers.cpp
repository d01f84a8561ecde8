// The directives that make the module itself answer in a location.
#include "module/check.hpp"
#include "module/conf.hpp"
#include "module/jwks.hpp"
#include "module/location_values.hpp"
#include "module/status.hpp"

namespace ciam::module {
namespace {

char* answer_by(ngx_conf_t* cf, ngx_http_handler_pt handler)
{
    auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    const auto& name = *static_cast<ngx_str_t*>(cf->args->elts);
    if (core->handler != nullptr) {
        return refuse(cf, to_string(name) + " answers all requests of its location by itself; give "
                                            "it a location of its own");
    }
    core->handler = handler;
    return NGX_CONF_OK;
}

} // namespace

char* oidc_check(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    static_cast<LocationConf*>(conf)->is_check = true;
    return answer_by(cf, serve_check);
}

char* oidc_jwks(ngx_conf_t* cf, ngx_command_t*, void*)
{
    return answer_by(cf, serve_jwks);
}

char* oidc_status(ngx_conf_t* cf, ngx_command_t*, void*)
{
    return answer_by(cf, serve_status);
}

} // namespace ciam::module
