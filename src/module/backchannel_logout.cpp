#include "module/backchannel_logout.hpp"

#include "base/parameters.hpp"
#include "module/request_body.hpp"
#include "module/respond.hpp"

namespace ciam::module {
namespace {

ngx_int_t send_refusal(ngx_http_request_t* r, const char* text)
{
    return send_json(r, NGX_HTTP_BAD_REQUEST,
                     std::string{R"({"error":"invalid_request","error_description":")"} + text +
                         "\"}");
}

} // namespace

ngx_int_t serve_backchannel_logout(ngx_http_request_t* r, RequestContext& ctx,
                                   const ProviderConf& provider)
{
    ctx.flow_provider = &provider;
    return read_form(r, ctx, [r](const base::Secret& form) {
        const auto token = base::Parameters::parse(form.view()).get("logout_token");
        return send_refusal(r, token ? "the logout token is refused" : "logout_token is missing");
    });
}

} // namespace ciam::module
