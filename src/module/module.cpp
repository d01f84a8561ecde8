// What nginx sees of us.
#include "module/access.hpp"
#include "module/conf.hpp"
#include "module/conf_check.hpp"
#include "module/directives.hpp"
#include "module/endpoints.hpp"
#include "module/guard.hpp"
#include "module/housekeeper.hpp"
#include "module/request_headers.hpp"
#include "module/safe_uri.hpp"
#include "module/variables.hpp"
#include "module/worker.hpp"
#include "module/zones.hpp"

namespace ciam::module {
namespace {

enum class Place { pushed, first_of_list };

/// nginx runs a phase's handlers from the end of the list: pushed means early, first of the list
/// means last. The log phase alone goes the other way.
void add_handler(ngx_conf_t* cf, ngx_uint_t phase, ngx_http_handler_pt handler, Place place)
{
    auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    auto* list = &core->phases[phase].handlers;
    auto* slot = static_cast<ngx_http_handler_pt*>(ngx_array_push(list));
    if (slot == nullptr) {
        throw std::bad_alloc{};
    }
    if (place == Place::first_of_list) {
        auto* handlers = static_cast<ngx_http_handler_pt*>(list->elts);
        ngx_memmove(handlers + 1, handlers, (list->nelts - 1) * sizeof(ngx_http_handler_pt));
        slot = handlers;
    }
    *slot = handler;
}

ngx_int_t set_headers(ngx_http_request_t* r)
{
    return guarded(r, "", [&]() -> ngx_int_t {
        set_identity_headers(r);
        return NGX_DECLINED;
    });
}

ngx_int_t init(ngx_conf_t* cf)
{
    try {
        auto& main = main_conf(cf);
        assign_zones(cf, main);
        check_configuration(cf, main);
        add_handler(cf, NGX_HTTP_REWRITE_PHASE, find_endpoint, Place::pushed);
        add_handler(cf, NGX_HTTP_PREACCESS_PHASE, serve_endpoint, Place::first_of_list);
        add_handler(cf, NGX_HTTP_ACCESS_PHASE, access_first, Place::pushed);
        add_handler(cf, NGX_HTTP_ACCESS_PHASE, access_last, Place::first_of_list);
        add_handler(cf, NGX_HTTP_PRECONTENT_PHASE, set_headers, Place::pushed);
        add_handler(cf, NGX_HTTP_LOG_PHASE, hide_query, Place::first_of_list);
        return NGX_OK;
    } catch (const std::exception& error) {
        refuse(cf, error.what());
        return NGX_ERROR;
    }
}

ngx_http_module_t context_of_module = {add_variables,        init,
                                       create_main_conf,     nullptr,
                                       create_server_conf,   merge_server_conf,
                                       create_location_conf, merge_location_conf};

} // namespace
} // namespace ciam::module

// nginx's macro for the head of a module is written in C.
#pragma GCC diagnostic ignored "-Wold-style-cast"

extern "C" {
ngx_module_t ngx_http_ciam_module = {NGX_MODULE_V1,
                                     &ciam::module::context_of_module,
                                     ciam::module::directives,
                                     NGX_HTTP_MODULE,
                                     nullptr,
                                     ciam::module::settle_zones,
                                     ciam::module::start_worker,
                                     nullptr,
                                     nullptr,
                                     ciam::module::stop_worker,
                                     ciam::module::save_snapshots,
                                     NGX_MODULE_V1_PADDING};
}
