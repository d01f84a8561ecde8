#include "module/session_lookup.hpp"

#include "module/bearer.hpp"
#include "module/cookies.hpp"
#include "module/runner.hpp"
#include "module/site.hpp"

#include <openssl/crypto.h>

namespace ciam::module {
namespace {

constexpr std::size_t most_cookies = 4; // as many as a logout ends

bool keeps_tokens(const oidc::Client& client)
{
    return client.keep_id_token || client.keep_access_token || client.keep_userinfo ||
           client.keep_refresh_token;
}

/// One cookie under one key.
struct Candidate {
    ngx_http_request_t* r = nullptr;
    RequestContext& ctx;
    ProviderRuntime& runtime;
    flow::OpenedSessions::Place place;
    flow::OpenedSessions::Entry* known = nullptr; // from an earlier request
};

void keep(const Candidate& candidate, const base::StoreReply& reply, std::string_view text)
{
    auto& ctx = candidate.ctx;
    const auto copy = pool_copy(candidate.r->pool, text);
    ctx.session = flow::SessionView::parse(to_view(copy));
    if (ctx.session && !reply.record.cold.empty()) {
        ctx.session_record = reply.record;
    }
}

/// True when the reply is the session of these keys.
bool accept(const Candidate& candidate, const base::StoreReply& reply)
{
    using Status = base::StoreReply::Status;
    const auto now = ngx_time();
    auto& opened = worker()->opened_sessions();
    candidate.ctx.is_store_away |= reply.status == Status::unavailable;
    if (reply.status != Status::done) {
        opened.forget(candidate.place);
        return false;
    }
    auto* known = candidate.known;
    if (known != nullptr && (reply.is_known || base::hot_mark(reply.record.hot) == known->mark())) {
        if (const auto text = known->text(now); !text.empty()) {
            keep(candidate, reply, text);
        }
        return candidate.ctx.session.has_value();
    }
    auto& text = worker()->scratch_text();
    const auto& keys = candidate.ctx.session_keys;
    if (!candidate.runtime.sealer.open_hot(keys, reply.record, now, text)) {
        return false;
    }
    opened.keep(candidate.place, {keys, reply, text}, now);
    keep(candidate, reply, text);
    OPENSSL_cleanse(text.data(), text.size());
    return candidate.ctx.session.has_value();
}

enum class Tried { found, none, waiting };

Tried try_candidate(const Candidate& candidate)
{
    auto& ctx = candidate.ctx;
    const auto* known = candidate.known;
    const auto& place = candidate.place;
    ctx.session_keys =
        known != nullptr ? known->keys() : place.sealer.keys(place.cookie, place.mac);
    if (ctx.late_reply) {
        auto reply = std::move(*ctx.late_reply);
        ctx.late_reply.reset();
        return accept(candidate, reply) ? Tried::found : Tried::none;
    }
    auto& reply = worker()->scratch_reply();
    reply.record.cold.clear();
    base::FindRecord find{ctx.session_keys.id, ngx_time(),
                          keeps_tokens(candidate.runtime.conf.client)};
    if (known != nullptr) {
        find.known = known->mark();
    }
    ctx.pending =
        candidate.runtime.store.ask(find, reply, [r = candidate.r, &ctx](base::StoreReply late) {
            ctx.pending.reset();
            ctx.late_reply = std::move(late);
            wake(r);
        });
    if (ctx.pending) {
        return Tried::waiting;
    }
    return accept(candidate, reply) ? Tried::found : Tried::none;
}

/// Every cookie of the right name under every key, from where the last entry stopped to wait.
Tried try_all(ngx_http_request_t* r, RequestContext& ctx, ProviderRuntime& runtime)
{
    std::size_t candidate = 0;
    std::size_t cookies = 0;
    auto result = Tried::none;
    const auto& cookie = session_cookie(runtime.conf, is_secure(r, runtime.conf));
    any_cookie(r, cookie.name, [&](std::string_view value) {
        if (!flow::SessionSealer::is_cookie(value)) {
            return false;
        }
        for (const auto& mac : runtime.keyring.all()) {
            if (candidate++ < ctx.candidates_tried) {
                continue;
            }
            const flow::OpenedSessions::Place place{runtime.sealer, mac, value};
            result =
                try_candidate({r, ctx, runtime, place, worker()->opened_sessions().find(place)});
            if (result != Tried::none) {
                return true;
            }
            ++ctx.candidates_tried;
        }
        return ++cookies == most_cookies;
    });
    return result;
}

void start_over(RequestContext& ctx, const ProviderConf& provider, const BearerRules* rules)
{
    const bool was_bearer = ctx.bearer.rules != nullptr;
    const bool has_changed = ctx.provider != nullptr && was_bearer != (rules != nullptr);
    ctx.bearer = {rules, nullptr, {}, {}, {}, ctx.bearer.has_changed || has_changed};
    if (ctx.provider != &provider) {
        ctx.other_provider = ctx.provider;
    }
    ctx.provider = &provider;
    ctx.refresh.reset();
    ctx.is_refreshed = false;
    ctx.refresh_error = {};
    forget_session(ctx);
}

bool look_cookies_up(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider)
{
    return !ctx.pending && try_all(r, ctx, worker()->runtime(provider)) != Tried::waiting;
}

} // namespace

void forget_session(RequestContext& ctx)
{
    ctx.lookup = RequestContext::Lookup::not_done;
    ctx.candidates_tried = 0;
    ctx.session.reset();
    ctx.tokens.reset();
    ctx.session_record = {};
    ctx.pending.reset();
    ctx.late_reply.reset();
    ctx.is_store_away = false;
}

void take_session(RequestContext& ctx, const RequestContext& other)
{
    forget_session(ctx);
    ctx.provider = other.provider;
    ctx.lookup = RequestContext::Lookup::done;
    ctx.session = other.session;
    ctx.session_keys = other.session_keys;
    ctx.session_record = other.session_record;
}

bool look_session_up(ngx_http_request_t* r, RequestContext& ctx, const ProviderConf& provider)
{
    const auto* rules = bearer_rules(r, ctx, provider);
    if (ctx.provider != &provider || ctx.bearer.rules != rules) {
        start_over(ctx, provider, rules);
    }
    if (ctx.lookup == RequestContext::Lookup::done) {
        return true;
    }
    const bool is_over =
        rules != nullptr ? look_bearer_up(r, ctx, provider) : look_cookies_up(r, ctx, provider);
    if (!is_over) {
        return false;
    }
    ctx.lookup = RequestContext::Lookup::done;
    return true;
}

const flow::SessionView* session_of(ngx_http_request_t* r)
{
    auto* main = r->main;
    const auto* provider = serves(main) ? session_provider(main) : nullptr;
    if (provider == nullptr) {
        return nullptr;
    }
    auto& ctx = context(main);
    if (!look_session_up(main, ctx, *provider)) {
        // Only the access phase may wait.
        ctx.is_unknown = true;
        ctx.pending.reset();
        ctx.bearer.wait.reset();
        return nullptr;
    }
    return ctx.session ? &*ctx.session : nullptr;
}

const flow::SessionTokens* tokens_of(ngx_http_request_t* r)
{
    return session_of(r) != nullptr ? open_tokens(r, context(r)) : nullptr;
}

const flow::SessionTokens* open_tokens(ngx_http_request_t* r, RequestContext& ctx)
{
    if (!ctx.tokens && ctx.bearer.rules != nullptr) {
        ctx.tokens.emplace();
        ctx.tokens->access_token = token_of(r->main);
    }
    if (!ctx.tokens && !ctx.session_record.cold.empty()) {
        ctx.tokens =
            worker()->runtime(*ctx.provider).sealer.open_cold(ctx.session_keys, ctx.session_record);
    }
    return ctx.tokens ? &*ctx.tokens : nullptr;
}

} // namespace ciam::module
