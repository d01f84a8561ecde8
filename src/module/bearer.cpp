#include "module/bearer.hpp"

#include "module/bearer_tokens.hpp"
#include "module/counts.hpp"
#include "module/runner.hpp"

namespace ciam::module {
namespace {

/// The first field of a request; nginx refuses a second one.
std::string_view authorization_of(const ngx_http_request_t* r)
{
    // Also where an oidc_set_header has taken the client's own out of the list.
    const auto* field = r->headers_in.authorization;
    return field != nullptr ? to_view(field->value) : std::string_view{};
}

const BearerRules* rules_of_location(ngx_http_request_t* r, const RequestContext& ctx,
                                     const ProviderConf& provider)
{
    const bool by_check = r == r->main && ctx.checked == &provider && choose_provider(r) == nullptr;
    return by_check ? ctx.checked_bearer : location_conf(r).bearer.get();
}

BearerTokens& tokens_for(ProviderRuntime& runtime)
{
    if (!runtime.bearer_tokens) {
        runtime.bearer_tokens = std::make_unique<BearerTokens>(runtime);
    }
    return *runtime.bearer_tokens;
}

BearerProblem invalid(std::string reason)
{
    return {NGX_HTTP_UNAUTHORIZED, "invalid_token", std::move(reason)};
}

std::optional<BearerProblem> problem_of(const flow::Bearer& bearer, const BearerRules& rules)
{
    switch (oidc::use_of(bearer.facts, rules.token)) {
    case oidc::TokenUse::allowed:
        return std::nullopt;
    case oidc::TokenUse::untyped:
        return invalid("access token has no typ at+jwt; see typ=any of auth_oidc_bearer");
    case oidc::TokenUse::other_audience:
        return invalid("access token is for another audience (aud)");
    case oidc::TokenUse::insufficient_scope:
        break;
    }
    return BearerProblem{NGX_HTTP_FORBIDDEN, "insufficient_scope",
                         "access token lacks a scope that is needed here"};
}

void log_refused_claims(const ngx_http_request_t* r, const ProviderConf& provider,
                        const flow::Bearer& bearer)
{
    for (const auto& claim : bearer.refused_claims) {
        log_sparsely({.log = r->connection->log,
                      .level = NGX_LOG_WARN,
                      .provider = provider.name(),
                      .text = "the claim \"" + claim +
                              "\" of a bearer token holds control characters or is over 8 KB; it "
                              "is not passed on"});
    }
}

void take(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider,
          const BearerAnswer& answer)
{
    auto& state = ctx.bearer;
    if (answer.error) {
        state.error = answer.error;
    } else if (!answer.bearer) {
        state.problem = invalid(answer.refused);
    } else {
        state.problem = problem_of(*answer.bearer, *state.rules);
    }
    if (state.error || state.problem) {
        return;
    }
    log_refused_claims(r, provider, *answer.bearer);
    ctx.session =
        flow::SessionView::parse(to_view(pool_copy(r->pool, answer.bearer->session.view())));
}

/// False: later.
bool ask(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider,
         BearerAnswer& answer)
{
    auto& state = ctx.bearer;
    if (state.late) {
        answer = std::move(*state.late);
        state.late.reset();
        return true;
    }
    auto& tokens = tokens_for(worker()->runtime(provider));
    state.wait =
        tokens.judge({r, token_of(r), *state.rules}, answer, [r, &state](BearerAnswer late) {
            state.wait.reset();
            state.late = std::move(late);
            wake(r);
        });
    return !state.wait;
}

} // namespace

const BearerRules* bearer_rules(ngx_http_request_t* r, const RequestContext& ctx,
                                const ProviderConf& provider)
{
    // What the module answers itself is for browsers.
    if (r->headers_in.authorization == nullptr || ctx.endpoint != nullptr) {
        return nullptr;
    }
    const auto* rules = rules_of_location(r, ctx, provider);
    return rules != nullptr && flow::is_bearer(authorization_of(r)) ? rules : nullptr;
}

bool look_bearer_up(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider)
{
    if (ctx.bearer.wait) {
        return false;
    }
    BearerAnswer answer;
    try {
        if (!ask(r, ctx, provider, answer)) {
            return false;
        }
    } catch (const base::Error& error) {
        if (error.fault() != base::Fault::client) {
            answer.error = error;
        } else { // RFC 6750 section 3.1
            ctx.bearer.problem =
                BearerProblem{NGX_HTTP_BAD_REQUEST, "invalid_request", error.what()};
            return true;
        }
    }
    take(r, ctx, provider, answer);
    return true;
}

std::string_view token_of(const ngx_http_request_t* r)
{
    return flow::bearer_token(authorization_of(r));
}

void refuse_changed_credential(const RequestContext& ctx)
{
    if (ctx.bearer.has_changed) {
        throw base::Error{base::Fault::configuration,
                          "the request came here through a location or a rewrite that reads the "
                          "session where this one reads the bearer token, or the reverse; write "
                          "the same auth_oidc_bearer for both"};
    }
}

} // namespace ciam::module
