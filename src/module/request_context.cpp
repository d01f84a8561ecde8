#include "module/request_context.hpp"

#include "base/error.hpp"

namespace ciam::module {

ngx_int_t resume_flow(RequestContext& ctx)
{
    const auto resume = ctx.resume; // which may end the flow, and with it what is called
    return resume();
}

void end_flow(RequestContext& ctx)
{
    ctx.flow.reset();
    ctx.resume = nullptr;
}

RequestContext* find_context(ngx_http_request_t* r)
{
    auto* main = r->main;
    auto* found = static_cast<RequestContext*>(ngx_http_get_module_ctx(main, ngx_http_ciam_module));
    if (found != nullptr) {
        return found;
    }
    for (auto* cleanup = main->pool->cleanup; cleanup != nullptr; cleanup = cleanup->next) {
        if (cleanup->handler == destroy_in_pool<RequestContext>) {
            ngx_http_set_ctx(main, cleanup->data, ngx_http_ciam_module);
            return static_cast<RequestContext*>(cleanup->data);
        }
    }
    return nullptr;
}

RequestContext& context(ngx_http_request_t* r)
{
    if (auto* found = find_context(r)) {
        return *found;
    }
    auto* made = make_in<RequestContext>(r->main->pool);
    ngx_http_set_ctx(r->main, made, ngx_http_ciam_module);
    return *made;
}

namespace {

const ProviderConf* evaluate_provider(ngx_http_request_t* r, const LocationConf& conf)
{
    ngx_str_t name;
    auto* value = const_cast<ngx_http_complex_value_t*>(&conf.provider_variable);
    if (ngx_http_complex_value(r, value, &name) != NGX_OK) {
        throw std::bad_alloc{};
    }
    if (to_view(name) == "off") {
        return nullptr;
    }
    const auto* provider = main_conf(r).find(to_view(name));
    if (provider == nullptr) {
        throw base::Error{
            base::Fault::configuration,
            "auth_oidc: the variable names no oidc_provider; let it hold the name of one, or off"};
    }
    return provider;
}

} // namespace

const ProviderConf* choose_provider(ngx_http_request_t* r)
{
    const auto& conf = location_conf(r);
    if (conf.auth != LocationConf::Auth::variable) {
        return conf.provider;
    }
    if (r != r->main) {
        return evaluate_provider(r, conf);
    }
    auto& ctx = context(r);
    if (ctx.chosen_for != r->loc_conf) {
        ctx.chosen = evaluate_provider(r, conf);
        ctx.chosen_for = r->loc_conf;
    }
    return ctx.chosen;
}

} // namespace ciam::module
