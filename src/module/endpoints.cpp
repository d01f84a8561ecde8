#include "module/endpoints.hpp"

#include "base/url.hpp"
#include "flow/logout.hpp"
#include "module/access.hpp"
#include "module/callback.hpp"
#include "module/challenge.hpp"
#include "module/cookies.hpp"
#include "module/counts.hpp"
#include "module/endpoint_paths.hpp"
#include "module/guard.hpp"
#include "module/request_headers.hpp"
#include "module/runner.hpp"
#include "module/safe_uri.hpp"
#include "module/session_lookup.hpp"
#include "module/session_refresh.hpp"
#include "module/site.hpp"
#include "module/subrequest.hpp"

namespace ciam::module {
namespace {

using LogoutRunner = Runner<flow::Logout>;
using FrontChannelRunner = Runner<flow::FrontChannelLogout>;

std::vector<std::string> session_cookies(ngx_http_request_t* r, const ProviderConf& provider)
{
    return cookie_values(r, session_cookie(provider, is_secure(r, provider)).name,
                         flow::SessionSealer::is_cookie);
}

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
        if (!session_cookies(r, *provider).empty()) {
            return *provider;
        }
    }
    return *endpoint.providers.front();
}

std::string post_logout_url(const Site& site, const ProviderConf& provider)
{
    const auto& uri = provider.post_logout_uri;
    return uri.starts_with('/') ? site.base_url + uri : uri;
}

void forget_session(ngx_http_request_t* r, const ProviderConf& provider, bool secure,
                    const std::string& new_binding)
{
    add_set_cookie(r, base::delete_cookie(session_cookie(provider, secure)));
    add_set_cookie(r, base::set_cookie(binding_cookie(secure), new_binding));
}

ngx_int_t send_logged_out(ngx_http_request_t* r, const ProviderConf& provider,
                          const flow::LoggedOut& out)
{
    const auto site = site_of(r, provider);
    count(store::Counter::logouts);
    forget_session(r, provider, site.secure, out.new_binding);
    if (out.provider_url) {
        return send_redirect(r, *out.provider_url);
    }
    const auto url = post_logout_url(site, provider);
    return url.empty() ? send_page(r, logged_out_page()) : send_redirect(r, url);
}

ngx_int_t serve_logout(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider)
{
    const auto site = site_of(r, provider);
    if (!comes_from_site(r, site.base_url)) {
        return send_page(r, confirm_logout_page(provider.logout_path));
    }
    auto& runtime = worker()->runtime(provider);
    flow::LogoutRequest request{session_cookies(r, provider), post_logout_url(site, provider)};
    auto running = std::make_unique<LogoutRunner>(r, runtime, provider.client, runtime.sealer,
                                                  std::move(request), ngx_time());
    ctx.flow_provider = &provider;
    return start_flow<LogoutRunner>(ctx, std::move(running),
                                    [r, &ctx, &provider](LogoutRunner& logout) {
                                        const auto outcome = logout.drive();
                                        if (!outcome) {
                                            return wait_for_wake(r);
                                        }
                                        end_flow(ctx);
                                        return send_logged_out(r, provider, *outcome);
                                    });
}

ngx_int_t serve_frontchannel_logout(ngx_http_request_t* r, RequestContext& ctx,
                                    const ProviderConf& provider)
{
    // What is no iframe of the provider, a link or a picture, must not log anybody out.
    const bool by_cookie = ctx.query.empty() && is_for_frame(r);
    auto& runtime = worker()->runtime(provider);
    flow::FrontChannelLogoutRequest request{
        by_cookie ? session_cookies(r, provider) : std::vector<std::string>{}, ctx.query};
    auto running = std::make_unique<FrontChannelRunner>(r, runtime, provider.client, runtime.sealer,
                                                        std::move(request));
    ctx.flow_provider = &provider;
    return start_flow<FrontChannelRunner>(
        ctx, std::move(running), [r, &ctx, &provider, by_cookie](FrontChannelRunner& logout) {
            if (!logout.drive()) {
                return wait_for_wake(r);
            }
            end_flow(ctx);
            if (by_cookie) {
                add_set_cookie(
                    r, base::delete_cookie(session_cookie(provider, is_secure(r, provider))));
            }
            return send_empty(r, NGX_HTTP_OK);
        });
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

bool takes_method(const ngx_http_request_t* r, EndpointKind kind)
{
    const bool page = r->method == NGX_HTTP_GET || r->method == NGX_HTTP_HEAD;
    const bool may_be_posted = kind == EndpointKind::logout || kind == EndpointKind::refresh;
    return page || (may_be_posted && r->method == NGX_HTTP_POST);
}

ngx_int_t serve(ngx_http_request_t* r, RequestContext& ctx)
{
    const auto kind = ctx.endpoint->kind;
    if (!takes_method(r, kind)) {
        return NGX_HTTP_NOT_ALLOWED;
    }
    if (kind == EndpointKind::callback) {
        return serve_callback(r, ctx);
    }
    const auto& provider = provider_for(r, *ctx.endpoint);
    return guarded(r, provider.name(), [&] {
        switch (kind) {
        case EndpointKind::logout:
            return serve_logout(r, ctx, provider);
        case EndpointKind::frontchannel_logout:
            return serve_frontchannel_logout(r, ctx, provider);
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
