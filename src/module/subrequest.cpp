#include "module/subrequest.hpp"

#include "module/access.hpp"
#include "module/bearer.hpp"
#include "module/bearer_challenge.hpp"
#include "module/counts.hpp"
#include "module/early_values.hpp"
#include "module/runner.hpp"
#include "module/session_lookup.hpp"

namespace ciam::module {
namespace {

/// Not the main request's context: that may hold the session of another provider. A type of its
/// own, so that it is not taken for that one.
struct SubrequestContext {
    RequestContext own;
};

RequestContext& own_context(ngx_http_request_t* r)
{
    auto* found = static_cast<SubrequestContext*>(ngx_http_get_module_ctx(r, ngx_http_ciam_module));
    if (found == nullptr) {
        found = make_in<SubrequestContext>(r->pool);
        ngx_http_set_ctx(r, found, ngx_http_ciam_module);
    }
    return found->own;
}

/// The main request takes over the customer whom its oidc_check has found, where its own location
/// has no provider. False: it has a customer of another provider already.
bool take_over(ngx_http_request_t* r, const ProviderConf& provider)
{
    auto& ctx = context(r);
    if (ctx.provider != nullptr && ctx.provider != &provider) {
        return false;
    }
    ctx.checked = &provider;
    ctx.checked_bearer = location_conf(r).bearer.get();
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
    // Also where the login is optional: a rule is not to be asked about nobody, and whoever asks a
    // check wants to know.
    const bool has_to_know = conf.bearer != nullptr || conf.is_check || !conf.requirements.empty();
    if (provider != nullptr && (required || has_to_know)) {
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

} // namespace

ngx_int_t guard_subrequest(ngx_http_request_t* r)
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

} // namespace ciam::module
