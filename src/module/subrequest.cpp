#include "module/subrequest.hpp"

#include "module/access.hpp"
#include "module/bearer.hpp"
#include "module/bearer_challenge.hpp"
#include "module/counts.hpp"
#include "module/early_values.hpp"
#include "module/runner.hpp"
#include "module/session_lookup.hpp"
#include "module/session_refresh.hpp"

namespace ciam::module {
namespace {

/// Not the main request's context: that may hold the session of another provider. A type of its
/// own, so that it is not taken for that one.
struct SubrequestContext {
    RequestContext own;
};

SubrequestContext* find_own_context(ngx_http_request_t* r)
{
    return static_cast<SubrequestContext*>(ngx_http_get_module_ctx(r, ngx_http_ciam_module));
}

RequestContext& own_context(ngx_http_request_t* r)
{
    auto* found = find_own_context(r);
    if (found == nullptr) {
        found = make_in<SubrequestContext>(r->pool);
        ngx_http_set_ctx(r, found, ngx_http_ciam_module);
    }
    return found->own;
}

/// The main request takes over the customer whom its oidc_check has found, where its own location
/// has no provider. False: it has a customer of another provider already, or another oidc_check
/// was asked while this one waited.
bool take_over(ngx_http_request_t* r, const ProviderConf& provider)
{
    auto& ctx = context(r);
    const bool has_waited = own_context(r).provider == &provider;
    if ((ctx.provider != nullptr && ctx.provider != &provider) ||
        (has_waited && ctx.checked != &provider)) {
        return false;
    }
    ctx.checked = &provider;
    ctx.checked_bearer = location_conf(r).bearer.get();
    return true;
}

/// The session that this location looks at is the one that variables read.
bool is_of_main(ngx_http_request_t* r, const ProviderConf& provider)
{
    const auto& ctx = context(r);
    return session_provider(r) == &provider &&
           (ctx.provider == nullptr || ctx.provider == &provider) &&
           bearer_rules(r->main, ctx, provider) == nullptr;
}

/// The main request goes on with what came of the refresh.
void hand_over(ngx_http_request_t* r, const RequestContext& own)
{
    auto& ctx = context(r);
    if (ctx.pending || ctx.refresh) {
        return; // it waits in a location of its own, and will see
    }
    if (own.session) {
        take_session(ctx, own);
    } else if (choose_provider(r->main) == nullptr) {
        forget_session(ctx); // else it was let in with the session that it has
    }
    ctx.is_refreshed = true;
    ctx.refresh_error = own.refresh_error;
    forget_early_values(r);
}

/// Once for the main request and all its subrequests. False: the request will be woken.
bool refresh(ngx_http_request_t* r, RequestContext& own, const ProviderConf& provider)
{
    // While it waits it must not go on, whatever wakes it.
    if (!own.refresh && (!is_of_main(r, provider) || context(r).is_refreshed)) {
        return true;
    }
    if (!refresh_in_time(r, own, provider)) {
        return false;
    }
    if (own.is_refreshed) {
        hand_over(r, own);
    }
    return true;
}

/// NGX_AGAIN: the request will be woken. NGX_OK: there is a session. NGX_DECLINED: there is none.
ngx_int_t look_up(ngx_http_request_t* r, const ProviderConf& provider)
{
    if (!serves(r)) {
        return NGX_DECLINED;
    }
    auto& own = own_context(r);
    if (!look_session_up(r, own, provider)) {
        return NGX_AGAIN;
    }
    if (has_bearer_problem(own)) {
        return tell_bearer_problem(r, provider, own);
    }
    if (!refresh(r, own, provider)) {
        return NGX_AGAIN;
    }
    return own.session ? NGX_OK : NGX_DECLINED;
}

/// NGX_DECLINED: he may go on; NGX_AGAIN: the request will be woken; else a status.
ngx_int_t judge_visitor(ngx_http_request_t* r, const ProviderConf& provider, bool required)
{
    const auto found = look_up(r, provider);
    // Addresses and passwords are judged for the main request alone, so `satisfy any` opens nothing
    // here.
    if (found == NGX_DECLINED && required) {
        add_login_challenge(r, provider);
        return NGX_HTTP_UNAUTHORIZED;
    }
    return found == NGX_OK ? NGX_DECLINED : found;
}

/// Claims are read from the main request's session.
bool reads_other_claims(ngx_http_request_t* r, const ProviderConf& provider,
                        const ProviderConf& main_provider)
{
    if (&provider != &main_provider) {
        return true;
    }
    const bool by_token = bearer_rules(r, own_context(r), provider) != nullptr;
    return by_token != (bearer_rules(r->main, context(r), provider) != nullptr);
}

/// NGX_DECLINED: he may go on; else a status.
ngx_int_t judge_rules_of(ngx_http_request_t* r, const ProviderConf* provider)
{
    const bool has_rules = !location_conf(r).requirements.empty();
    // A page without a provider reads no claims at all: a rule would be one for nobody.
    if (provider != nullptr && has_rules && session_provider(r->main) != provider) {
        return NGX_HTTP_FORBIDDEN;
    }
    return judge_rules(r);
}

ngx_int_t judge(ngx_http_request_t* r)
{
    const auto& conf = location_conf(r);
    const auto* provider = choose_provider(r);
    if (conf.is_check && provider != nullptr && choose_provider(r->main) == nullptr &&
        !take_over(r, *provider)) {
        return NGX_HTTP_FORBIDDEN;
    }
    const bool required = provider != nullptr && conf.access_mode() == Mode::require;
    if (provider != nullptr) {
        const auto refused = judge_visitor(r, *provider, required);
        if (refused != NGX_DECLINED) {
            return refused;
        }
    }
    if (conf.is_check) {
        forget_early_values(r);
    }
    const auto* main_provider = choose_provider(r->main);
    const bool matters = required || !conf.requirements.empty();
    if (provider != nullptr && main_provider != nullptr && matters &&
        reads_other_claims(r, *provider, *main_provider)) {
        return NGX_HTTP_FORBIDDEN;
    }
    return judge_rules_of(r, provider);
}

ngx_int_t judge_or_fail(ngx_http_request_t* r)
{
    try {
        return judge(r);
    } catch (const std::exception& error) {
        log_sparsely({.log = r->connection->log,
                      .level = NGX_LOG_ERR,
                      .provider = {},
                      .text = std::string{"subrequest: "} + error.what()});
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

/// nginx may enter it while it waits. Once it has gone on, or was refused, nothing may wake it.
void stop_waiting(ngx_http_request_t* r)
{
    if (auto* ctx = find_own_context(r)) {
        ctx->own.pending.reset();
        ctx->own.refresh.reset();
        ctx->own.bearer.wait.reset();
    }
}

} // namespace

ngx_int_t guard_subrequest(ngx_http_request_t* r)
{
    const auto rc = judge_or_fail(r);
    if (rc != NGX_AGAIN) {
        stop_waiting(r);
    }
    return rc;
}

} // namespace ciam::module
