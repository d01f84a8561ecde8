#include "module/subrequest.hpp"

#include "module/access.hpp"
#include "module/session_lookup.hpp"

namespace ciam::module {
namespace {

bool has_session(ngx_http_request_t* r, const ProviderConf& provider)
{
    // Not the main request's context: that may hold the session of another provider.
    RequestContext own;
    return look_session_up(r, own, provider) && own.session;
}

/// True where the location lets in whom an address or a password lets in; those are judged for the
/// main request alone.
bool is_decided_elsewhere(ngx_http_request_t* r)
{
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    return core->satisfy == NGX_HTTP_SATISFY_ANY;
}

ngx_int_t judge(ngx_http_request_t* r)
{
    const auto* provider = choose_provider(r);
    const bool required = provider != nullptr && location_conf(r).access_mode() == Mode::require;
    if (required && !is_decided_elsewhere(r)) {
        if (!serves(r) || !has_session(r, *provider)) {
            return NGX_HTTP_UNAUTHORIZED;
        }
        if (choose_provider(r->main) != nullptr && choose_provider(r->main) != provider) {
            return NGX_HTTP_FORBIDDEN;
        }
    }
    for (const auto& requirement : location_conf(r).requirements) {
        if (!passes(r, requirement)) {
            return static_cast<ngx_int_t>(requirement.status);
        }
    }
    return NGX_DECLINED;
}

} // namespace

ngx_int_t guard_subrequest(ngx_http_request_t* r)
{
    try {
        return judge(r);
    } catch (const std::exception& error) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "ciam: subrequest: %s", error.what());
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

} // namespace ciam::module
