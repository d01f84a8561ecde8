#include "module/access.hpp"

#include "base/url.hpp"
#include "flow/begin.hpp"
#include "module/bearer.hpp"
#include "module/bearer_challenge.hpp"
#include "module/challenge.hpp"
#include "module/cookies.hpp"
#include "module/counts.hpp"
#include "module/early_values.hpp"
#include "module/endpoint_paths.hpp"
#include "module/guard.hpp"
#include "module/push_allowance.hpp"
#include "module/runner.hpp"
#include "module/session_lookup.hpp"
#include "module/session_refresh.hpp"
#include "module/site.hpp"

namespace ciam::module {
namespace {

using BeginRunner = Runner<flow::Begin>;

base::Parameters evaluate(ngx_http_request_t* r, const std::vector<Argument>& arguments,
                          base::Parameters into)
{
    for (const auto& argument : arguments) {
        ngx_str_t value;
        if (ngx_http_complex_value(r, const_cast<ngx_http_complex_value_t*>(&argument.value),
                                   &value) != NGX_OK) {
            throw std::bad_alloc{};
        }
        if (value.len > 0 && !into.has(argument.name)) {
            into.add(argument.name, to_view(value));
        }
    }
    return into;
}

flow::BeginRequest begin_request(ngx_http_request_t* r, const ProviderConf& provider,
                                 const BeginWish& wish)
{
    const auto site = site_of(r, provider);
    const auto bindings = cookie_values(r, binding_cookie(site.secure).name, flow::is_binding);
    flow::BeginRequest request;
    request.return_path = return_path(r, wish.return_path);
    request.redirect_uri = redirect_uri_of(site, provider);
    request.binding = bindings.empty() ? std::string{} : bindings.front();
    request.arguments = evaluate(r, location_conf(r).arguments, {});
    request.arguments = evaluate(r, provider.extra_arguments, std::move(request.arguments));
    if (!wish.login_hint.empty() && !request.arguments.has("login_hint") &&
        !provider.client.extra_auth_args.has("login_hint")) {
        request.arguments.add("login_hint", wish.login_hint);
    }
    request.second_try = wish.second_try;
    request.before_push = [allowance = std::make_shared<PushAllowance>(r, provider)] {
        allowance->take();
    };
    return request;
}

std::optional<flow::SendToProvider> drive(BeginRunner& begin, ProviderWatch& watch)
{
    try {
        return begin.drive();
    } catch (const base::Error& error) {
        watch.hear(error);
        throw;
    }
}

ngx_int_t send_to_provider(ngx_http_request_t* r, const ProviderConf& provider,
                           const flow::SendToProvider& to)
{
    count(store::Counter::logins_begun);
    if (to.new_binding) {
        add_set_cookie(r,
                       base::set_cookie(binding_cookie(is_secure(r, provider)), *to.new_binding));
    }
    return send_redirect(r, to.url);
}

ngx_int_t refuse_access(ngx_http_request_t* r, ngx_uint_t status)
{
    count(store::Counter::requests_denied);
    return status == NGX_HTTP_FORBIDDEN ? send_error_page(r, forbidden_page(NGX_HTTP_FORBIDDEN))
                                        : static_cast<ngx_int_t>(status);
}

/// One line of auth_require: every value is there and not "0".
bool passes(ngx_http_request_t* r, const Requirement& requirement)
{
    for (const auto& compiled : requirement.values) {
        ngx_str_t value;
        if (ngx_http_complex_value(r, const_cast<ngx_http_complex_value_t*>(&compiled), &value) !=
            NGX_OK) {
            throw std::bad_alloc{};
        }
        if (value.len == 0 || to_view(value) == "0") {
            return false;
        }
    }
    return true;
}

ngx_int_t check_rules(ngx_http_request_t* r)
{
    const auto status = judge_rules(r);
    return status == NGX_DECLINED ? status : refuse_access(r, static_cast<ngx_uint_t>(status));
}

bool is_logout_return(ngx_http_request_t* r, const ProviderConf& provider)
{
    const auto& uri = provider.post_logout_uri;
    if (uri.starts_with('/')) {
        return to_view(r->uri) == uri.substr(0, uri.find('?'));
    }
    const auto url = base::Url::parse(uri);
    return url && to_view(r->uri) == url->path && url->origin() == site_of(r, provider).base_url;
}

ngx_int_t challenge(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider)
{
    if (ctx.is_store_away && !ctx.failed_page) {
        flow::require_available(base::StoreReply::Status::unavailable);
    }
    // An error of ours whose error_page is itself protected: show the error, not one more login.
    if (ctx.failed_page) {
        return send_page(r, *ctx.failed_page);
    }
    if (is_logout_return(r, provider)) {
        return send_page(r, logged_out_page());
    }
    if (!is_redirected(r)) {
        return send_login_required(r, provider);
    }
    return begin_login(r, ctx, provider, {to_string(r->main->unparsed_uri)});
}

/// nginx keeps the values of `map` for the whole request: what was computed for a customer of one
/// provider must decide nothing at a location of another.
void refuse_second_provider(const RequestContext& ctx, const ProviderConf& provider)
{
    const auto* other = ctx.provider == &provider ? ctx.other_provider : ctx.provider;
    if (other != nullptr) {
        throw base::Error{base::Fault::configuration,
                          "the request came here through a location or a rewrite that reads the "
                          "session of provider \"" +
                              other->client.provider + "\"; keep the providers' locations apart"};
    }
}

ngx_int_t decide(ngx_http_request_t* r, const ProviderConf& provider)
{
    auto& ctx = context(r);
    refuse_second_provider(ctx, provider);
    if (ctx.resume) { // a login that waits for the provider's metadata
        return resume_flow(ctx);
    }
    if (!look_session_up(r, ctx, provider)) {
        return wait_for_wake(r);
    }
    refuse_changed_credential(ctx);
    if (has_bearer_problem(ctx)) {
        return send_bearer_problem(r, provider, ctx);
    }
    if (!refresh_in_time(r, ctx, provider)) {
        return wait_for_wake(r);
    }
    forget_early_values(r);
    const auto& conf = location_conf(r);
    if (!ctx.session && conf.access_mode() == Mode::require) {
        if (conf.preflight_pass && is_preflight(r)) {
            return NGX_DECLINED;
        }
        return challenge(r, ctx, provider);
    }
    const auto refused = check_rules(r);
    if (refused != NGX_DECLINED) {
        return refused;
    }
    // Optional login does not let anybody in whom `satisfy any` keeps out.
    return ctx.session ? NGX_OK : NGX_DECLINED;
}

bool is_satisfy_all(const ngx_http_request_t* r)
{
    return static_cast<ngx_http_core_loc_conf_t*>(
               ngx_http_get_module_loc_conf(r, ngx_http_core_module))
               ->satisfy == NGX_HTTP_SATISFY_ALL;
}

/// The rules of a location without a provider come last: an auth_request before them may ask an
/// oidc_check, which tells who the customer is.
ngx_int_t access(ngx_http_request_t* r, bool is_last)
{
    const ProviderConf* provider = nullptr;
    const auto rc = guarded(r, "$variable", [&]() -> ngx_int_t {
        provider = choose_provider(r);
        keep_choice(r, provider);
        if (provider != nullptr && !serves(r)) {
            throw base::Error{
                base::Fault::internal,
                "this process does not serve the configuration that was read last; restart nginx"};
        }
        if (provider != nullptr) {
            return is_last && is_satisfy_all(r) ? NGX_DECLINED : NGX_OK;
        }
        return is_last ? check_rules(r) : NGX_DECLINED;
    });
    if (provider == nullptr || rc != NGX_OK) {
        return rc;
    }
    return guarded(r, provider->name(), [&] { return decide(r, *provider); });
}

} // namespace

ngx_int_t judge_rules(ngx_http_request_t* r)
{
    const auto& requirements = location_conf(r).requirements;
    if (requirements.empty()) {
        return NGX_DECLINED;
    }
    forget_early_values(r);
    auto& ctx = context(r);
    ctx.is_unknown = false;
    for (const auto& requirement : requirements) {
        if (!passes(r, requirement)) {
            return static_cast<ngx_int_t>(requirement.status);
        }
    }
    // What lets in whoever is not known must not let in somebody who is not known yet.
    return ctx.is_unknown ? NGX_HTTP_FORBIDDEN : NGX_DECLINED;
}

ngx_int_t access_first(ngx_http_request_t* r)
{
    return is_satisfy_all(r) ? access(r, false) : NGX_DECLINED;
}

ngx_int_t access_last(ngx_http_request_t* r)
{
    // A provider's location has had its turn, and without rules there is nothing to come last.
    if (is_satisfy_all(r) && location_conf(r).requirements.empty()) {
        return NGX_DECLINED;
    }
    return access(r, true);
}

ngx_int_t begin_login(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider,
                      const BeginWish& wish)
{
    auto& runtime = worker()->runtime(provider);
    auto request = begin_request(r, provider, wish);
    auto running = std::make_unique<BeginRunner>(r, runtime, provider.client, runtime.keyring,
                                                 std::move(request), ngx_time());
    ctx.flow_provider = &provider;
    return start_flow<BeginRunner>(ctx, std::move(running),
                                   [r, &ctx, &provider, &runtime](BeginRunner& begin) {
                                       const auto outcome = drive(begin, *runtime.watch);
                                       if (!outcome) {
                                           return wait_for_wake(r);
                                       }
                                       end_flow(ctx);
                                       return send_to_provider(r, provider, *outcome);
                                   });
}

} // namespace ciam::module
