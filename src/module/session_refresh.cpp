#include "module/session_refresh.hpp"

#include "module/access.hpp"
#include "module/challenge.hpp"
#include "module/endpoint_paths.hpp"
#include "module/respond.hpp"
#include "module/runner.hpp"
#include "module/session_lookup.hpp"
#include "module/site.hpp"

namespace ciam::module {
namespace {

/// What it passes on may hold the access token, or what the page does that asks an oidc_check.
bool may_need_token(const ngx_http_request_t* r, const ProviderConf& provider)
{
    return provider.client.keep_refresh_token &&
           (main_conf(r).reads_access_token || location_conf(r).passes_access_token ||
            location_conf(r->main).passes_access_token);
}

base::Seconds token_time_left(const flow::SessionView& session)
{
    return session.token_expiry() - ngx_time();
}

bool has_refresh_token(ngx_http_request_t* r, RequestContext& ctx)
{
    const auto* tokens = open_tokens(r, ctx);
    return tokens != nullptr && !tokens->refresh_token.empty();
}

std::unique_ptr<Refresher::Waiter> start(RequestContext& ctx, const ProviderConf& provider,
                                         Refresher::Done done)
{
    return worker()->refresher().refresh(worker()->runtime(provider),
                                         {ctx.session_keys, ctx.session->generation()},
                                         std::move(done));
}

void start_and_wait(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider)
{
    ctx.refresh = start(ctx, provider, [r, &ctx](RefreshEnd end) {
        ctx.refresh.reset();
        ctx.refresh_error = error_code_of(end);
        forget_session(ctx);
        wake(r);
    });
}

/// False: it was tried not long ago, and failed.
bool may_try(RequestContext& ctx, const ProviderConf& provider)
{
    const auto blocked =
        worker()->refresher().blocked(worker()->runtime(provider), ctx.session_keys.id);
    if (blocked) {
        ctx.refresh_error = error_code_of(*blocked);
    }
    return !blocked;
}

ngx_int_t send_refresh_error(ngx_http_request_t* r, std::string_view code, ngx_uint_t status)
{
    if (is_navigation(r)) {
        const bool is_busy = code == error_code_of(RefreshEnd::provider_busy);
        return send_error_page(
            r, page_for(is_busy ? base::Fault::provider_busy : base::Fault::provider_away));
    }
    return send_json(r, status, "{\"error\":\"" + std::string{code} + "\"}\n");
}

ngx_int_t send_refreshed(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider)
{
    const auto wanted = wanted_page(r, ctx.query);
    if (!ctx.session) {
        return is_navigation(r) ? begin_login(r, ctx, provider, {wanted})
                                : send_login_required(r, provider);
    }
    if (!ctx.refresh_error.empty()) {
        return send_refresh_error(r, ctx.refresh_error, NGX_HTTP_SERVICE_UNAVAILABLE);
    }
    if (!has_refresh_token(r, ctx)) {
        return send_refresh_error(r, "no_refresh_token", NGX_HTTP_CONFLICT);
    }
    return is_navigation(r) ? send_redirect(r, site_of(r, provider).base_url + wanted)
                            : send_empty(r, NGX_HTTP_NO_CONTENT);
}

} // namespace

bool refresh_in_time(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider)
{
    if (ctx.refresh) {
        return false;
    }
    if (!ctx.session || ctx.session->token_expiry() == 0 || ctx.is_refreshed ||
        token_time_left(*ctx.session) > provider.refresh_ahead || !may_need_token(r, provider) ||
        !has_refresh_token(r, ctx)) {
        return true;
    }
    ctx.is_refreshed = true;
    if (!may_try(ctx, provider)) {
        return true;
    }
    if (token_time_left(*ctx.session) > 0) {
        start(ctx, provider, nullptr); // the old one will do for this request
        return true;
    }
    start_and_wait(r, ctx, provider);
    return false;
}

std::string_view refresh_error(ngx_http_request_t* r)
{
    const auto* session = session_of(r);
    const auto* ctx = find_context(r);
    const bool is_over =
        session != nullptr && session->token_expiry() != 0 && token_time_left(*session) <= 0;
    return is_over && ctx != nullptr ? ctx->refresh_error : std::string_view{};
}

bool lacks_token(ngx_http_request_t* r)
{
    const auto* tokens = tokens_of(r);
    return tokens == nullptr || tokens->access_token.empty() || !refresh_error(r).empty();
}

ngx_int_t serve_refresh(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider)
{
    if (!comes_from_site(r, site_of(r, provider).base_url)) {
        return send_error_page(r, forbidden_page(NGX_HTTP_FORBIDDEN));
    }
    if (!look_session_up(r, ctx, provider) || ctx.refresh) {
        return wait_for_wake(r);
    }
    if (ctx.session && !ctx.is_refreshed && has_refresh_token(r, ctx)) {
        ctx.is_refreshed = true;
        if (may_try(ctx, provider)) {
            start_and_wait(r, ctx, provider);
            return wait_for_wake(r);
        }
    }
    return send_refreshed(r, ctx, provider);
}

} // namespace ciam::module
