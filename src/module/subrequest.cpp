#include "module/subrequest.hpp"

#include "module/access.hpp"
#include "module/counts.hpp"
#include "module/respond.hpp"
#include "module/session_lookup.hpp"

namespace ciam::module {
namespace {

bool has_session(ngx_http_request_t* r, const ProviderConf& provider)
{
    // Not the main request's context: that may hold the session of another provider.
    RequestContext own;
    return look_session_up(r, own, provider) && own.session;
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
    return true;
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
    // Addresses and passwords are judged for the main request alone, so `satisfy any` opens nothing
    // here.
    if (required && (!serves(r) || !has_session(r, *provider))) {
        add_challenge(r, provider->client.provider);
        return NGX_HTTP_UNAUTHORIZED;
    }
    // Claims are read from the main request's session.
    const auto* main_provider = choose_provider(r->main);
    const bool matters = required || !conf.requirements.empty();
    if (provider != nullptr && main_provider != nullptr && provider != main_provider && matters) {
        return NGX_HTTP_FORBIDDEN;
    }
    for (const auto& requirement : conf.requirements) {
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
        log_sparsely({.log = r->connection->log,
                      .level = NGX_LOG_ERR,
                      .provider = {},
                      .text = std::string{"subrequest: "} + error.what()});
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

} // namespace ciam::module
