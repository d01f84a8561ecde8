#include "module/backchannel_logout.hpp"

#include "base/encoding.hpp"
#include "flow/backchannel_logout.hpp"
#include "module/counts.hpp"
#include "module/id_token_algorithm.hpp"
#include "module/request_body.hpp"
#include "module/respond.hpp"
#include "module/runner.hpp"

namespace ciam::module {
namespace {

using BackchannelRunner = Runner<flow::BackchannelLogout>;

/// Anybody can post here, so that the same mistake is logged once a minute. Section 2.8: 400 for a
/// logout that has failed, whoever is to blame; the words hold no value of the token.
ngx_int_t send_refusal(ngx_http_request_t* r, RequestContext& ctx, const base::Error& error)
{
    const auto fault = error.fault();
    const bool is_asked_wrongly = fault == base::Fault::client || fault == base::Fault::provider;
    log_sparsely({.log = r->connection->log,
                  .level = is_asked_wrongly ? ngx_uint_t{NGX_LOG_WARN} : ngx_uint_t{NGX_LOG_ERR},
                  .provider = ctx.flow_provider->name(),
                  .text = std::string{"a back-channel logout is refused: "} + error.what(),
                  .may_quote_strangers = true});
    end_flow(ctx);
    std::string json = R"({"error":"invalid_request","error_description":)";
    json += base::json_quote(is_asked_wrongly ? error.what() : "it cannot be done now");
    json += '}';
    return send_json(r, NGX_HTTP_BAD_REQUEST, json);
}

ngx_int_t drive(ngx_http_request_t* r, RequestContext& ctx, BackchannelRunner& logout)
{
    try {
        if (!logout.drive()) {
            return wait_for_wake(r);
        }
    } catch (const base::Error& error) {
        return send_refusal(r, ctx, error);
    }
    end_flow(ctx);
    return send_empty(r, NGX_HTTP_OK);
}

} // namespace

ngx_int_t serve_backchannel_logout(ngx_http_request_t* r, RequestContext& ctx,
                                   const ProviderConf& provider)
{
    ctx.flow_provider = &provider;
    return read_form(r, ctx, [r, &ctx, &provider](base::Secret form) {
        auto& runtime = worker()->runtime(provider);
        flow::BackchannelLogoutRequest request{std::move(form), id_token_algorithm(provider)};
        auto running = std::make_unique<BackchannelRunner>(
            r, runtime, provider.client, runtime.sealer, std::move(request), ngx_time());
        return start_flow<BackchannelRunner>(
            ctx, std::move(running),
            [r, &ctx](BackchannelRunner& logout) { return drive(r, ctx, logout); });
    });
}

} // namespace ciam::module
