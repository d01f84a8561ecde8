#include "module/callback.hpp"

#include "flow/login.hpp"
#include "module/access.hpp"
#include "module/callback_read.hpp"
#include "module/callback_turn.hpp"
#include "module/code_allowance.hpp"
#include "module/cookies.hpp"
#include "module/counts.hpp"
#include "module/guard.hpp"
#include "module/id_token_algorithm.hpp"
#include "module/posted_again.hpp"
#include "module/request_body.hpp"
#include "module/runner.hpp"
#include "module/site.hpp"

namespace ciam::module {
namespace {

using LoginRunner = Runner<flow::Login>;

oidc::ResponseMode arrived_by(const ngx_http_request_t* r)
{
    return r->method == NGX_HTTP_POST ? oidc::ResponseMode::form_post : oidc::ResponseMode::query;
}

struct Answer {
    ngx_http_request_t* r;
    RequestContext& ctx;
    const ProviderConf& provider;

    /// Always with our own origin before it: a path may begin with two slashes.
    std::string page(const std::string& path) const { return site_of(r, provider).base_url + path; }

    void warn_of(const std::string& claim, const std::string& why) const
    {
        log_sparsely({.log = r->connection->log,
                      .level = NGX_LOG_WARN,
                      .provider = provider.name(),
                      .text = "the claim \"" + claim + "\" " + why});
    }

    ngx_int_t operator()(const flow::LoggedIn& in) const
    {
        const auto site = site_of(r, provider);
        count(store::Counter::logins_finished);
        note_id_token_algorithm(provider, in.id_token_algorithm);
        for (const auto& claim : in.refused_claims) {
            warn_of(claim, "holds control characters or is over 8 KB; it is not passed on");
        }
        for (const auto& claim : in.elsewhere_claims) {
            warn_of(claim, "was left out by the provider, which names another place for it; it is "
                           "not looked for there, so have the provider send less of it");
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

/// What one callback leaves behind when it is over.
struct Marks {
    Marks(const ngx_http_request_t* r, const flow::Callback& callback)
        : allowance(r), turn(callback.response.state, callback.opened.transaction.started)
    {
    }

    CodeAllowance allowance;
    CallbackTurn turn;
};

/// Hears what the provider says of the code.
std::optional<LoginRunner::Outcome> drive(LoginRunner& login, Marks& marks, ProviderWatch& watch)
{
    using Verdict = CodeAllowance::Verdict;
    try {
        auto outcome = login.drive();
        if (outcome) {
            marks.allowance.settle(Verdict::good);
            marks.turn.finish(std::holds_alternative<flow::LoggedIn>(*outcome));
        }
        return outcome;
    } catch (const base::Error& error) {
        const bool refused = error.fault() == base::Fault::client;
        marks.allowance.settle(refused ? Verdict::refused : Verdict::none);
        marks.turn.finish(false); // an answer that did not come may come the next time
        watch.hear(error);
        throw;
    }
}

flow::LoginRequest login_request(ngx_http_request_t* r, const ProviderConf& provider,
                                 flow::Callback callback)
{
    const auto site = site_of(r, provider);
    flow::LoginRequest request;
    request.arrived_by = arrived_by(r);
    request.has_binding_cookie = !binding_values(r, provider).empty();
    request.callback = std::move(callback);
    request.redirect_uri = redirect_uri_of(site, provider);
    request.session_cookies = cookie_values(r, session_cookie(provider, site.secure).name,
                                            flow::SessionSealer::is_cookie);
    return request;
}

/// While the code is still of use for a second try.
void require_store(const ProviderRuntime& runtime)
{
    if (runtime.shared != nullptr && !runtime.shared->can_store()) {
        flow::require_available(base::StoreReply::Status::unavailable);
    }
}

using SharedMarks = std::shared_ptr<Marks>;

ngx_int_t finish_login(ngx_http_request_t* r, RequestContext& ctx, ReadCallback read,
                       const SharedMarks& marks)
{
    const auto& provider = read.provider;
    auto& runtime = worker()->runtime(provider);
    auto request = login_request(r, provider, std::move(read.callback));
    request.before_code = [marks, &runtime] {
        require_store(runtime);
        marks->allowance.take();
    };
    auto running = std::make_unique<LoginRunner>(r, runtime, provider.client, runtime.sealer,
                                                 std::move(request), ngx_time());
    return start_flow<LoginRunner>(ctx, std::move(running),
                                   [r, &ctx, &runtime, marks](LoginRunner& login) {
                                       auto outcome = drive(login, *marks, *runtime.watch);
                                       if (!outcome) {
                                           return wait_for_wake(r);
                                       }
                                       end_flow(ctx);
                                       return std::visit(Answer{r, ctx, runtime.conf}, *outcome);
                                   });
}

/// Another request may be finishing the same login: its answer sets the cookies. Where it fails,
/// this one tries for itself.
ngx_int_t finish_in_turn(ngx_http_request_t* r, RequestContext& ctx, ReadCallback read,
                         const SharedMarks& marks)
{
    const auto& provider = read.provider;
    auto waiting = std::make_unique<TurnWaiter>(r, 2 * provider.total_timeout);
    auto shared = std::make_shared<ReadCallback>(std::move(read));
    return start_flow<TurnWaiter>(
        ctx, std::move(waiting), [r, &ctx, &provider, shared, marks](TurnWaiter& waiter) {
            const auto found = marks->turn.take();
            if (found == CallbackTurn::Found::busy && waiter.wait()) {
                return wait_for_wake(r);
            }
            end_flow(ctx);
            if (found == CallbackTurn::Found::mine) {
                return finish_login(r, ctx, std::move(*shared), marks);
            }
            const auto& path = shared->callback.opened.transaction.return_path;
            return Answer{r, ctx, provider}(flow::AlreadyLoggedIn{path});
        });
}

Page posted_again(const ProviderConf& provider, const oidc::AuthorizationResponse& response)
{
    PostedFields fields{{"state", response.state}};
    const auto add = [&fields](const char* name, const std::optional<std::string>& value) {
        if (value) {
            fields.emplace_back(name, *value);
        }
    };
    add("code", response.code);
    add("error", response.error);
    add("iss", response.iss);
    return again_page(provider.redirect_path, std::move(fields));
}

ngx_int_t answer_callback(ngx_http_request_t* r, RequestContext& ctx)
{
    auto read = read_callback(r, *ctx.endpoint, ctx.query);
    const auto& provider = read.provider;
    ctx.flow_provider = &provider;
    return guarded(r, provider.name(), [&] {
        if (lacks_lax_cookies(r, provider, ctx.query)) {
            return send_page(r, posted_again(provider, read.callback.response));
        }
        const auto marks = std::make_shared<Marks>(r, read.callback);
        // What was not begun by this browser spends no code.
        return read.callback.opened.secrets ? finish_in_turn(r, ctx, std::move(read), marks)
                                            : finish_login(r, ctx, std::move(read), marks);
    });
}

} // namespace

ngx_int_t serve_callback(ngx_http_request_t* r, RequestContext& ctx)
{
    if (r->method != NGX_HTTP_POST) {
        return answer_callback(r, ctx);
    }
    // OAuth 2.0 Form Post Response Mode, section 2: what counts is in the body alone.
    return read_form(r, ctx, [r, &ctx](const base::Secret& form) {
        ctx.query = form.view();
        return answer_callback(r, ctx);
    });
}

} // namespace ciam::module
