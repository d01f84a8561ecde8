#include "module/initiate_login.hpp"

#include "module/access.hpp"
#include "module/challenge.hpp"
#include "module/endpoint_paths.hpp"
#include "module/guard.hpp"
#include "module/posted_again.hpp"
#include "module/request_body.hpp"
#include "module/runner.hpp"
#include "module/session_lookup.hpp"
#include "module/site.hpp"
#include "oidc/initiate_login.hpp"

namespace ciam::module {
namespace {

const ProviderConf& provider_of(const Endpoint& endpoint, const std::string& issuer)
{
    for (const auto* provider : endpoint.providers) {
        if (provider->client.issuer == issuer) {
            return *provider;
        }
    }
    throw base::Error{base::Fault::client,
                      "initiate_login_uri: iss is the issuer of no provider of this address"};
}

ngx_int_t lead_on(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider,
                  const oidc::InitiatedLogin& login)
{
    const auto site = site_of(r, provider);
    const auto page = return_path(r, oidc::path_on_site(login.target_link_uri, site.base_url));
    // A stranger's link replaces no session: whoever he had logged in would be taken for another.
    if (ctx.session) {
        return send_redirect(r, site.base_url + page);
    }
    return begin_login(r, ctx, provider, {page, false, login.login_hint.value_or("")});
}

/// The look-up may take its time, and the body that was posted is there only once: a flow keeps
/// what it said.
ngx_int_t look_and_lead_on(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider,
                           const oidc::InitiatedLogin& login)
{
    return start_flow<RunningFlow>(ctx, std::make_unique<RunningFlow>(),
                                   [r, &ctx, &provider, login](RunningFlow&) {
                                       if (!look_session_up(r, ctx, provider)) {
                                           return wait_for_wake(r);
                                       }
                                       end_flow(ctx);
                                       return lead_on(r, ctx, provider, login);
                                   });
}

Page posted_again(const ProviderConf& provider, const oidc::InitiatedLogin& login)
{
    PostedFields fields{{"iss", login.issuer}};
    if (login.login_hint) {
        fields.emplace_back("login_hint", *login.login_hint);
    }
    if (!login.target_link_uri.empty()) {
        fields.emplace_back("target_link_uri", login.target_link_uri);
    }
    return again_page(provider.initiate_login_path, std::move(fields));
}

ngx_int_t initiate(ngx_http_request_t* r, RequestContext& ctx, std::string_view parameters)
{
    const auto login = oidc::parse_initiated_login(parameters);
    const auto& provider = provider_of(*ctx.endpoint, login.issuer);
    ctx.flow_provider = &provider;
    return guarded(r, provider.name(), [&] {
        return lacks_lax_cookies(r, provider, parameters)
                   ? send_page(r, posted_again(provider, login))
                   : look_and_lead_on(r, ctx, provider, login);
    });
}

} // namespace

ngx_int_t serve_initiate_login(ngx_http_request_t* r, RequestContext& ctx)
{
    if (!is_page_of_its_own(r)) {
        throw base::Error{base::Fault::client, "initiate_login_uri: it was opened inside a page "
                                               "of another, not as a page of its own"};
    }
    if (r->method != NGX_HTTP_POST) {
        return initiate(r, ctx, ctx.query);
    }
    return read_form(r, ctx,
                     [r, &ctx](const base::Secret& form) { return initiate(r, ctx, form.view()); });
}

} // namespace ciam::module
