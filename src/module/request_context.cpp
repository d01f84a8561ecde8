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

bool is_regex_location(const ngx_http_request_t* r)
{
#if (NGX_PCRE)
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    return core->regex != nullptr;
#else
    return false;
#endif
}

} // namespace

void keep_choice(ngx_http_request_t* r, const ProviderConf* chosen)
{
    if (location_conf(r).auth == LocationConf::Auth::variable) {
        auto& ctx = context(r);
        ctx.is_chosen = true;
        ctx.chosen = chosen;
    }
}

void enter_location(ngx_http_request_t* r)
{
    if (r != r->main) {
        return;
    }
    if (auto* ctx = find_context(r)) {
        ctx->is_chosen = false;
        ctx->choice_error.reset();
    }
    const auto& conf = location_conf(r);
    const bool may_move = conf.provider_is_capture || is_regex_location(r);
    if (conf.auth != LocationConf::Auth::variable || !may_move) {
        return;
    }
    try {
        keep_choice(r, evaluate_provider(r, conf));
    } catch (const base::Error& error) {
        context(r).choice_error = error; // the access phase says so
    }
}

const ProviderConf* session_provider(ngx_http_request_t* r)
{
    const auto* chosen = choose_provider(r->main);
    const auto* ctx = chosen == nullptr ? find_context(r) : nullptr;
    return ctx != nullptr ? ctx->checked : chosen;
}

const ProviderConf* choose_provider(ngx_http_request_t* r)
{
    const auto& conf = location_conf(r);
    if (conf.auth != LocationConf::Auth::variable) {
        return conf.provider;
    }
    const auto* ctx = r == r->main ? find_context(r) : nullptr;
    if (ctx != nullptr && ctx->choice_error) {
        throw base::Error{*ctx->choice_error};
    }
    return ctx != nullptr && ctx->is_chosen ? ctx->chosen : evaluate_provider(r, conf);
}

} // namespace ciam::module
