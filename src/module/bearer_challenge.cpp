#include "module/bearer_challenge.hpp"

#include "base/encoding.hpp"
#include "module/counts.hpp"
#include "module/provider_faults.hpp"
#include "module/respond.hpp"

#include <algorithm>

namespace ciam::module {
namespace {

constexpr const char* try_again_after = "5";
constexpr const char* wait_after_refusals = "60";

std::string joined(const std::vector<std::string>& words)
{
    std::string text;
    for (const auto& word : words) {
        text += (text.empty() ? "" : " ") + word;
    }
    return text;
}

/// As RFC 6750 section 3 has it: no quote and no backslash.
std::string description(std::string reason)
{
    const auto is_out = [](char c) { return c < ' ' || c > '~' || c == '"' || c == '\\'; };
    std::replace_if(reason.begin(), reason.end(), is_out, '\'');
    return reason;
}

std::string challenge(const ProviderConf& provider, const BearerRules& rules,
                      const BearerProblem* problem)
{
    std::string text = "Bearer realm=\"" + provider.client.provider + '"';
    if (problem != nullptr) {
        text += std::string{", error=\""} + problem->code + "\", error_description=\"" +
                description(problem->reason) + '"';
    }
    const bool names_scope = problem == nullptr || problem->status == NGX_HTTP_FORBIDDEN;
    if (names_scope && !rules.token.scopes.empty()) {
        text += ", scope=\"" + joined(rules.token.scopes) + '"';
    }
    return text;
}

void add(ngx_http_request_t* r, const std::string& challenge)
{
    r->headers_out.www_authenticate = add_header(r, "WWW-Authenticate", challenge);
}

/// Nobody is let in while the provider cannot be asked; that is no fault of the token.
bool is_passing(base::Fault fault)
{
    return is_of_provider(fault) || fault == base::Fault::provider_busy ||
           fault == base::Fault::too_many;
}

ngx_uint_t status_of(const base::Error& error)
{
    constexpr ngx_uint_t too_many = 429;
    return error.fault() == base::Fault::too_many ? too_many : NGX_HTTP_SERVICE_UNAVAILABLE;
}

void log_passing(ngx_http_request_t* r, const ProviderConf& provider, const base::Error& error)
{
    const bool by_clients = error.fault() == base::Fault::too_many;
    log_sparsely({.log = r->connection->log,
                  .level = by_clients ? ngx_uint_t{NGX_LOG_WARN} : ngx_uint_t{NGX_LOG_ERR},
                  .provider = provider.name(),
                  .text = "a bearer token could not be checked: " + std::string{error.what()}});
}

void log_problem(ngx_http_request_t* r, const ProviderConf& provider, const BearerProblem& problem)
{
    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "ciam: provider \"%s\": bearer token refused: %s", provider.name(),
                  problem.reason.c_str());
}

ngx_int_t send_error_json(ngx_http_request_t* r, ngx_uint_t status, const char* code,
                          const std::string& reason)
{
    return send_json(r, status,
                     std::string{"{\"error\":\""} + code +
                         "\",\"error_description\":" + base::json_quote(reason) + "}\n");
}

ngx_int_t send_passing(ngx_http_request_t* r, const base::Error& error)
{
    const auto status = status_of(error);
    const bool by_clients = error.fault() == base::Fault::too_many;
    forget_challenges(r);
    set_header(r, "Retry-After", by_clients ? wait_after_refusals : try_again_after);
    return send_error_json(r, status, "temporarily_unavailable",
                           by_clients ? "too many tokens were refused; try again later"
                                      : "the token cannot be checked at the moment; try again");
}

} // namespace

void add_login_challenge(ngx_http_request_t* r, const ProviderConf& provider)
{
    const auto& rules = location_conf(r).bearer;
    if (rules) {
        add(r, challenge(provider, *rules, nullptr));
    } else {
        add_challenge(r, provider.client.provider);
    }
}

bool has_bearer_problem(const RequestContext& ctx)
{
    return ctx.bearer.problem || ctx.bearer.error;
}

ngx_int_t send_bearer_problem(ngx_http_request_t* r, const ProviderConf& provider,
                              const RequestContext& ctx)
{
    const auto& state = ctx.bearer;
    if (state.error && !is_passing(state.error->fault())) {
        throw base::Error{*state.error};
    }
    if (state.error) {
        log_passing(r, provider, *state.error);
        return send_passing(r, *state.error);
    }
    log_problem(r, provider, *state.problem);
    forget_challenges(r);
    add(r, challenge(provider, *state.rules, &*state.problem));
    return send_error_json(r, state.problem->status, state.problem->code, state.problem->reason);
}

ngx_int_t tell_bearer_problem(ngx_http_request_t* r, const ProviderConf& provider,
                              const RequestContext& ctx)
{
    const auto& state = ctx.bearer;
    if (state.error && !is_passing(state.error->fault())) {
        throw base::Error{*state.error};
    }
    if (state.error) {
        log_passing(r, provider, *state.error);
        return static_cast<ngx_int_t>(status_of(*state.error));
    }
    log_problem(r, provider, *state.problem);
    add(r, challenge(provider, *state.rules, &*state.problem));
    // auth_request knows two ways to say no.
    return state.problem->status == NGX_HTTP_FORBIDDEN ? NGX_HTTP_FORBIDDEN : NGX_HTTP_UNAUTHORIZED;
}

} // namespace ciam::module
