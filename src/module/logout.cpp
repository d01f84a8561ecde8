#include "module/logout.hpp"

#include "base/url.hpp"
#include "flow/logout.hpp"
#include "module/challenge.hpp"
#include "module/cookies.hpp"
#include "module/counts.hpp"
#include "module/logout_return.hpp"
#include "module/respond.hpp"
#include "module/runner.hpp"
#include "module/site.hpp"
#include "oidc/revocation.hpp"

namespace ciam::module {
namespace {

using LogoutRunner = Runner<flow::Logout>;
using FrontChannelRunner = Runner<flow::FrontChannelLogout>;

std::string post_logout_url(const Site& site, const ProviderConf& provider)
{
    const auto& uri = provider.post_logout_uri;
    return uri.starts_with('/') ? site.base_url + uri : uri;
}

void forget_session(ngx_http_request_t* r, const ProviderConf& provider, const flow::LoggedOut& out)
{
    const bool secure = is_secure(r, provider);
    add_set_cookie(r, base::delete_cookie(session_cookie(provider, secure)));
    add_set_cookie(r, base::set_cookie(binding_cookie(secure), out.new_binding));
    if (!out.state.empty()) {
        add_set_cookie(r, base::set_cookie(logout_cookie(secure), out.state));
    }
    if (!provider.clear_site_data.empty()) {
        set_header(r, "Clear-Site-Data", provider.clear_site_data);
    }
}

void log_left_tokens(const ProviderConf& provider, const std::string& why)
{
    log_sparsely({.log = ngx_cycle->log,
                  .level = NGX_LOG_WARN,
                  .provider = provider.name(),
                  .text = "tokens of a customer who has logged out are not revoked: " + why});
}

void hear_revocation(const ProviderConf& provider, const base::HttpResponse& response)
{
    try {
        oidc::check_revocation_answer(response);
    } catch (const base::Error& error) {
        log_left_tokens(provider, error.what());
    }
}

/// RFC 7009. Nobody waits for the provider: the browser is answered meanwhile.
void revoke_tokens(const ProviderConf& provider, const flow::LoggedOut& out)
{
    std::string why = out.not_revoked;
    for (const auto& request : out.revocations) {
        const bool is_started =
            worker()->background_calls().start(request, worker()->runtime(provider).call_options,
                                               [&provider](const base::HttpResponse& response) {
                                                   hear_revocation(provider, response);
                                               });
        if (!is_started) {
            why = "too many such calls are under way; check the provider";
        }
    }
    if (!why.empty()) {
        log_left_tokens(provider, why);
    }
}

ngx_int_t send_logged_out(ngx_http_request_t* r, const ProviderConf& provider,
                          const flow::LoggedOut& out)
{
    const auto site = site_of(r, provider);
    count(store::Counter::logouts);
    revoke_tokens(provider, out);
    forget_session(r, provider, out);
    if (out.provider && out.provider->form.empty()) {
        return send_redirect(r, out.provider->url);
    }
    if (out.provider) {
        return send_page(r, logout_at_provider_page(out.provider->url, out.provider->form));
    }
    const auto url = post_logout_url(site, provider);
    return url.empty() ? send_page(r, logged_out_page()) : send_redirect(r, url);
}

} // namespace

std::vector<std::string> session_cookies_of(ngx_http_request_t* r, const ProviderConf& provider)
{
    return cookie_values(r, session_cookie(provider, is_secure(r, provider)).name,
                         flow::SessionSealer::is_cookie);
}

ngx_int_t serve_logout(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider)
{
    const auto site = site_of(r, provider);
    if (!comes_from_site(r, site.base_url)) {
        return send_page(r, confirm_logout_page(provider.logout_path));
    }
    auto& runtime = worker()->runtime(provider);
    flow::LogoutRequest request{session_cookies_of(r, provider), post_logout_url(site, provider),
                                can_check_return(site, provider)};
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

namespace {

/// Where the provider's pages may be: an issuer need not be there, nor even a URL.
std::string origins_of(const oidc::Client& client)
{
    const auto metadata = base::Url::parse(client.metadata_url).value().origin();
    const auto issuer = base::Url::parse(client.issuer);
    return issuer && issuer->origin() != metadata ? issuer->origin() + " " + metadata : metadata;
}

} // namespace

ngx_int_t serve_frontchannel_logout(ngx_http_request_t* r, RequestContext& ctx,
                                    const ProviderConf& provider)
{
    // What is no iframe of the provider, a link or a picture, must not log anybody out.
    const bool by_cookie = ctx.query.empty() && is_for_frame(r);
    auto& runtime = worker()->runtime(provider);
    flow::FrontChannelLogoutRequest request{
        by_cookie ? session_cookies_of(r, provider) : std::vector<std::string>{}, ctx.query};
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
            set_header(r, "Content-Security-Policy",
                       "frame-ancestors " + origins_of(provider.client));
            return send_empty(r, NGX_HTTP_OK);
        });
}

} // namespace ciam::module
