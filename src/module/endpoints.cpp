#include "module/endpoints.hpp"

#include "base/url.hpp"
#include "module/access.hpp"
#include "module/backchannel_logout.hpp"
#include "module/callback.hpp"
#include "module/endpoint_paths.hpp"
#include "module/guard.hpp"
#include "module/initiate_login.hpp"
#include "module/logout.hpp"
#include "module/logout_return.hpp"
#include "module/request_headers.hpp"
#include "module/runner.hpp"
#include "module/safe_uri.hpp"
#include "module/session_lookup.hpp"
#include "module/session_refresh.hpp"
#include "module/site.hpp"
#include "module/subrequest.hpp"

#include <algorithm>

namespace ciam::module {
namespace {

const ProviderConf& named_by_issuer(const Endpoint& endpoint, const std::string& query)
{
    const auto issuer = base::Parameters::parse(query).get("iss");
    for (const auto* provider : endpoint.providers) {
        if (issuer && *issuer == provider->client.issuer) {
            return *provider;
        }
    }
    return *endpoint.providers.front();
}

/// Several providers may share a path: the one that protects the location, else the one that the
/// browser has a cookie of.
const ProviderConf& provider_for(ngx_http_request_t* r, const Endpoint& endpoint)
{
    const auto* chosen = endpoint.providers.size() > 1 ? choose_provider(r) : nullptr;
    for (const auto* provider : endpoint.providers) {
        if (chosen != nullptr && provider == chosen) {
            return *provider;
        }
    }
    if (endpoint.kind == EndpointKind::frontchannel_logout) {
        return named_by_issuer(endpoint, context(r).query);
    }
    for (const auto* provider : endpoint.providers) {
        if (!session_cookies_of(r, *provider).empty()) {
            return *provider;
        }
    }
    return *endpoint.providers.front();
}

ngx_int_t serve_login(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider)
{
    if (!look_session_up(r, ctx, provider)) {
        return wait_for_wake(r);
    }
    const auto wanted = wanted_page(r, ctx.query);
    if (ctx.session) {
        return send_redirect(r, site_of(r, provider).base_url + wanted);
    }
    return begin_login(r, ctx, provider, {wanted});
}

bool takes_post(const Endpoint& endpoint)
{
    switch (endpoint.kind) {
    case EndpointKind::logout:
    case EndpointKind::refresh:
    case EndpointKind::backchannel_logout:
    case EndpointKind::initiate_login: // OIDC Core 4
        return true;
    case EndpointKind::callback:
        return std::any_of(
            endpoint.providers.begin(), endpoint.providers.end(), [](const ProviderConf* provider) {
                return provider->client.response_mode == oidc::ResponseMode::form_post;
            });
    default:
        return false;
    }
}

bool takes_method(const ngx_http_request_t* r, const Endpoint& endpoint)
{
    if (r->method == NGX_HTTP_POST) {
        return takes_post(endpoint);
    }
    const bool page = r->method == NGX_HTTP_GET || r->method == NGX_HTTP_HEAD;
    return page && endpoint.kind != EndpointKind::backchannel_logout;
}

ngx_int_t serve(ngx_http_request_t* r, RequestContext& ctx)
{
    const auto kind = ctx.endpoint->kind;
    if (!takes_method(r, *ctx.endpoint)) {
        return NGX_HTTP_NOT_ALLOWED;
    }
    if (kind == EndpointKind::callback) {
        return serve_callback(r, ctx);
    }
    if (kind == EndpointKind::logout_return) {
        return send_page(r, altered_logout_page());
    }
    if (kind == EndpointKind::initiate_login) {
        return serve_initiate_login(r, ctx);
    }
    const auto& provider = provider_for(r, *ctx.endpoint);
    return guarded(r, provider.name(), [&] {
        switch (kind) {
        case EndpointKind::logout:
            return serve_logout(r, ctx, provider);
        case EndpointKind::frontchannel_logout:
            return serve_frontchannel_logout(r, ctx, provider);
        case EndpointKind::backchannel_logout:
            return serve_backchannel_logout(r, ctx, provider);
        case EndpointKind::refresh:
            return serve_refresh(r, ctx, provider);
        default:
            return serve_login(r, ctx, provider);
        }
    });
}

} // namespace

ngx_int_t find_endpoint(ngx_http_request_t* r)
{
    return guarded(r, "", [&]() -> ngx_int_t {
        remove_identity_headers(r);
        enter_location(r);
        const auto& server = server_conf(r);
        if (r != r->main || r->internal || server.endpoints.empty() || !serves(r)) {
            return NGX_DECLINED;
        }
        const auto* endpoint = server.find(to_view(r->uri));
        if (endpoint == nullptr) {
            endpoint = find_altered_return(r);
        }
        if (endpoint == nullptr) {
            return NGX_DECLINED;
        }
        auto& ctx = context(r);
        ctx.endpoint = endpoint;
        // A login link's query is the site's own; the others hold what no log may show.
        ctx.query = endpoint->kind == EndpointKind::login ? to_string(r->args) : take_query(r);
        // The site's own rewrite rules are not for us: on to the next phase.
        const auto* core = static_cast<ngx_http_core_main_conf_t*>(
            ngx_http_get_module_main_conf(r, ngx_http_core_module));
        r->phase_handler =
            static_cast<ngx_int_t>(core->phase_engine.handlers[r->phase_handler].next) - 1;
        return NGX_DECLINED;
    });
}

ngx_int_t serve_endpoint(ngx_http_request_t* r)
{
    if (r != r->main) {
        return guard_subrequest(r);
    }
    auto* ctx = r->internal ? nullptr : find_context(r);
    if (ctx == nullptr || ctx->endpoint == nullptr) {
        return NGX_DECLINED;
    }
    const auto* provider =
        ctx->flow_provider != nullptr ? ctx->flow_provider : ctx->endpoint->providers.front();
    return guarded(r, provider->name(),
                   [&] { return ctx->resume ? resume_flow(*ctx) : serve(r, *ctx); });
}

} // namespace ciam::module
