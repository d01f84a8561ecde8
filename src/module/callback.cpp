#include "module/callback.hpp"

#include "flow/login.hpp"
#include "module/access.hpp"
#include "module/code_allowance.hpp"
#include "module/cookies.hpp"
#include "module/counts.hpp"
#include "module/guard.hpp"
#include "module/runner.hpp"
#include "module/site.hpp"

namespace ciam::module {
namespace {

using LoginRunner = Runner<flow::Login>;

struct Read {
    const ProviderConf* provider = nullptr;
    flow::Callback callback;
};

std::vector<std::string> bindings(ngx_http_request_t* r, const ProviderConf& provider)
{
    return cookie_values(r, binding_cookie(is_secure(r, provider)).name, flow::is_binding);
}

/// Several providers may share a redirect URI; the sealed state says whose login this is.
Read read_callback(ngx_http_request_t* r, const RequestContext& ctx)
{
    for (const auto* provider : ctx.endpoint->providers) {
        const bool last = provider == ctx.endpoint->providers.back();
        try {
            auto callback = flow::read_callback(worker()->runtime(*provider).keyring, ctx.query,
                                                bindings(r, *provider));
            if (callback.opened.transaction.provider == provider->client.provider) {
                return {provider, std::move(callback)};
            }
        } catch (const base::Error&) {
            if (last) {
                throw;
            }
        }
    }
    throw base::Error{base::Fault::client,
                      "callback: the state belongs to a login of another place"};
}

struct Answer {
    ngx_http_request_t* r;
    RequestContext& ctx;
    const ProviderConf& provider;

    /// Always with our own origin before it: a path may begin with two slashes.
    std::string page(const std::string& path) const { return site_of(r, provider).base_url + path; }

    ngx_int_t operator()(const flow::LoggedIn& in) const
    {
        const auto site = site_of(r, provider);
        count(store::Counter::logins_finished);
        for (const auto& claim : in.refused_claims) {
            log_sparsely(
                {.log = r->connection->log,
                 .level = NGX_LOG_WARN,
                 .provider = provider.name(),
                 .text = "the claim \"" + claim +
                         "\" holds control characters or is over 8 KB; it is not passed on"});
        }
        add_set_cookie(
            r, base::set_cookie(session_cookie(provider, site.secure), in.session_cookie.view()));
        add_set_cookie(r, base::set_cookie(binding_cookie(site.secure), in.new_binding));
        return send_redirect(r, site.base_url + in.return_path);
    }
    ngx_int_t operator()(const flow::AlreadyLoggedIn& in) const
    {
        return send_redirect(r, page(in.return_path));
    }
    ngx_int_t operator()(const flow::LoginAgain& again) const
    {
        return begin_login(r, ctx, provider, {again.return_path, again.second_try});
    }
    ngx_int_t operator()(const flow::LoginCancelled& cancelled) const
    {
        count(store::Counter::logins_refused);
        return send_error_page(r, login_cancelled_page(page(cancelled.return_path)));
    }
    ngx_int_t operator()(const flow::CookiesBlocked& blocked) const
    {
        count(store::Counter::logins_refused);
        ngx_log_error(
            NGX_LOG_INFO, r->connection->log, 0,
            "ciam: provider \"%s\": the callback came without the cookie that was set before the "
            "login; the "
            "browser blocks cookies, or the site is reached under two names (see oidc_base_url)",
            provider.name());
        return send_error_page(r, cookies_blocked_page(page(blocked.return_path)));
    }
};

/// Hears what the provider says of the code.
std::optional<LoginRunner::Outcome> drive(LoginRunner& login, CodeAllowance& allowance)
{
    try {
        auto outcome = login.drive();
        if (outcome) {
            allowance.settle(CodeAllowance::Verdict::good);
        }
        return outcome;
    } catch (const base::Error& error) {
        allowance.settle(error.fault() == base::Fault::client ? CodeAllowance::Verdict::refused
                                                              : CodeAllowance::Verdict::none);
        throw;
    }
}

} // namespace

namespace {

/// While it is still of use for a second try.
void require_store(const ProviderRuntime& runtime)
{
    if (runtime.shared != nullptr && !runtime.shared->can_store()) {
        flow::require_available(base::StoreReply::Status::unavailable);
    }
}

} // namespace

ngx_int_t serve_callback(ngx_http_request_t* r, RequestContext& ctx)
{
    auto read = read_callback(r, ctx);
    const auto& provider = *read.provider;
    return guarded(r, provider.name(), [&] {
        auto& runtime = worker()->runtime(provider);
        const auto site = site_of(r, provider);
        flow::LoginRequest request;
        request.has_binding_cookie = !bindings(r, provider).empty();
        request.callback = std::move(read.callback);
        request.redirect_uri = redirect_uri_of(site, provider);
        request.session_cookies = cookie_values(r, session_cookie(provider, site.secure).name,
                                                flow::SessionSealer::is_cookie);
        const auto allowance = std::make_shared<CodeAllowance>(r);
        request.before_code = [allowance, &runtime] {
            require_store(runtime);
            allowance->take();
        };
        ctx.flow_provider = &provider;
        auto running = std::make_unique<LoginRunner>(r, runtime, provider.client, runtime.sealer,
                                                     std::move(request), ngx_time());
        return start_flow<LoginRunner>(ctx, std::move(running),
                                       [r, &ctx, &provider, allowance](LoginRunner& login) {
                                           auto outcome = drive(login, *allowance);
                                           if (!outcome) {
                                               return wait_for_wake(r);
                                           }
                                           end_flow(ctx);
                                           return std::visit(Answer{r, ctx, provider}, *outcome);
                                       });
    });
}

} // namespace ciam::module
