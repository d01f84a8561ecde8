#include "flow/refresh.hpp"

#include "flow/token_expiry.hpp"
#include "oidc/received_token.hpp"
#include "oidc/revocation.hpp"

#include <algorithm>
#include <utility>

namespace ciam::flow {

namespace {

using Status = base::StoreReply::Status;

/// The claims that the session has, with what the new ID token says of them. What it leaves out
/// stays: it may have come from userinfo.
std::vector<oidc::ClaimText> merged(const SessionView& old, const oidc::CollectedClaims& claims)
{
    std::vector<oidc::ClaimText> result = claims.found;
    const auto is_new = [&](std::string_view key) {
        return std::any_of(claims.found.begin(), claims.found.end(),
                           [&](const auto& claim) { return claim.key == key; }) ||
               std::find(claims.refused.begin(), claims.refused.end(), key) != claims.refused.end();
    };
    old.each_claim([&](std::string_view key, std::string_view text) {
        if (!is_new(key)) {
            result.push_back({std::string{key}, std::string{text}});
        }
    });
    return result;
}

} // namespace

Refresh::Refresh(const oidc::Client& client, const SessionSealer& sealer, RefreshRequest request,
                 base::Seconds now)
    : client_(client), sealer_(sealer), request_(request), now_(now)
{
}

Refresh::Next Refresh::next()
{
    if (!session_) {
        return look_into(session_);
    }
    if (!answer_) {
        if (auto outcome = settled()) {
            return *std::move(outcome);
        }
    }
    if (!provider_) {
        return ask_for_provider(0);
    }
    const ProviderDocuments& provider = require_documents(*provider_);
    if (!answer_) {
        return ask(
            oidc::refresh_request(client_, provider.metadata, session_->tokens.refresh_token, now_),
            [this](base::HttpResponse answer) { answer_ = std::move(answer); });
    }
    read_answer();
    if (!received_) {
        return end_session();
    }
    if (lacks_key(provider.keys)) {
        asked_for_newer_keys_ = true;
        return ask_for_provider(provider.generation);
    }
    verify_id_token(provider.keys);
    return store_tokens();
}

/// Not a copy: another machine may just have changed it.
Refresh::Next Refresh::look_into(std::unique_ptr<Found>& into)
{
    return ask(base::FindRecord{request_.keys.id, now_, true, true},
               [this, &into](base::StoreReply reply) { into = open(std::move(reply)); });
}

std::unique_ptr<Refresh::Found> Refresh::open(base::StoreReply reply) const
{
    auto found = std::make_unique<Found>();
    found->status = reply.status;
    found->record = std::move(reply.record);
    if (found->status != Status::done ||
        !sealer_.open_hot(request_.keys, found->record, now_, found->text)) {
        return found;
    }
    auto tokens = sealer_.open_cold(request_.keys, found->record);
    if (tokens) {
        found->view = SessionView::parse(found->text);
        found->tokens = *std::move(tokens);
    }
    return found;
}

/// What came out without a call.
std::optional<RefreshOutcome> Refresh::settled() const
{
    require_available(session_->status);
    if (!session_->view) {
        return SessionGone{};
    }
    if (session_->view->generation() != request_.generation) {
        return Refreshed{};
    }
    if (session_->tokens.refresh_token.empty()) {
        return NoRefreshToken{};
    }
    return std::nullopt;
}

Refresh::Next Refresh::ask_for_provider(std::uint64_t newer_than)
{
    return ask(NeedProvider{newer_than},
               [this](ProviderReply reply) { provider_ = std::move(reply); });
}

void Refresh::read_answer()
{
    if (std::exchange(is_read_, true)) {
        return;
    }
    received_ = oidc::parse_refresh_response(*answer_);
    if (received_ && !received_->id_token.empty()) {
        received_->id_token = oidc::signed_id_token(received_->id_token.view(), client_);
        jws_ = jose::parse_jws(received_->id_token.view());
    }
}

bool Refresh::lacks_key(const jose::Keys& keys) const
{
    return jws_ && !id_token_ && !asked_for_newer_keys_ && oidc::needs_newer_keys(*jws_, keys);
}

void Refresh::verify_id_token(const jose::Keys& keys)
{
    if (!jws_ || id_token_) {
        return;
    }
    id_token_ = oidc::verify_refreshed_id_token(*jws_, keys, client_,
                                                {.subject = session_->view->subject(),
                                                 .nonce_mark = session_->tokens.nonce_mark,
                                                 .auth_time = session_->tokens.auth_time,
                                                 .began = session_->view->created(),
                                                 .access_token = received_->access_token.view(),
                                                 .now = std::max(now_, answer_->received_at)});
    claims_ = oidc::collect_claims(client_.wanted_claims, id_token_->claims, nullptr);
}

/// Unless somebody else has sent the refresh token before us, and has newer ones.
Refresh::Next Refresh::end_session()
{
    if (!seen_again_) {
        return look_into(seen_again_);
    }
    require_available(seen_again_->status);
    if (!stored_ && !seen_again_->view) {
        return SessionGone{};
    }
    if (!stored_ && seen_again_->view->generation() != request_.generation) {
        return Refreshed{};
    }
    if (!stored_) {
        return ask(base::RemoveRecord{request_.keys.id},
                   [this](const base::StoreReply& reply) { stored_ = reply.status; });
    }
    require_available(*stored_);
    return SessionEnded{};
}

Refresh::Next Refresh::store_tokens()
{
    if (!stored_) {
        return ask(new_record(), [this](const base::StoreReply& reply) { stored_ = reply.status; });
    }
    switch (*stored_) {
    case Status::done:
        return Refreshed{claims_.refused};
    case Status::absent:
        return revoke();
    case Status::conflict:
        return settle_conflict();
    case Status::too_large:
        // Not `configuration`: it is about this session alone.
        throw base::Error{base::Fault::internal,
                          "the refreshed session does not fit into the session store; use fewer or "
                          "smaller claims and tokens"};
    default:
        stored_.reset();
        return NotStored{};
    }
}

/// Another version is there. It may be ours, where the answer to the first try was lost. What
/// somebody else has got for the same refresh token stays; ours is not revoked then, since that
/// may end what he has got (RFC 7009 section 2.1).
Refresh::Next Refresh::settle_conflict()
{
    if (!seen_again_) {
        return look_into(seen_again_);
    }
    const auto now_there = std::exchange(seen_again_, nullptr);
    if (now_there->status == Status::unavailable) {
        stored_.reset();
        return NotStored{};
    }
    if (!now_there->view) {
        return revoke();
    }
    if (now_there->view->generation() != request_.generation) {
        return Refreshed{};
    }
    session_->record.version = now_there->record.version; // the same tokens, written anew
    stored_.reset();
    return store_tokens();
}

/// Nobody will use it, and it must not lie about.
Refresh::Next Refresh::revoke()
{
    const std::string_view token = received_->refresh_token.empty()
                                       ? session_->tokens.refresh_token
                                       : received_->refresh_token.view();
    auto request = oidc::revocation_request(client_, provider_->documents->metadata,
                                            {.token = token, .hint = "refresh_token"}, now_);
    if (!request || is_revoked_) {
        return SessionGone{};
    }
    return ask(*std::move(request), [this](const base::HttpResponse&) { is_revoked_ = true; });
}

base::ReplaceRecord Refresh::new_record() const
{
    const SessionView& old = *session_->view;
    Session session;
    session.subject = old.subject();
    session.sid = old.sid();
    session.created = old.created();
    session.limit = old.limit();
    session.generation = old.generation() + 1;
    session.claims = merged(old, claims_);
    session.token_expiry = token_expiry(*received_, id_token_ ? &id_token_->claims : nullptr, now_);
    base::Record record = sealer_.seal(request_.keys, session, new_tokens());
    record.version = session_->record.version;
    record.tags = session_->record.tags;
    return {request_.keys.id, now_, std::move(record)};
}

SessionTokens Refresh::new_tokens() const
{
    SessionTokens tokens = session_->tokens;
    if (client_.keep_access_token) {
        tokens.access_token = received_->access_token.view();
    }
    if (!received_->refresh_token.empty()) {
        tokens.refresh_token = received_->refresh_token.view();
    }
    if (id_token_ && (client_.keep_id_token || client_.logout_token_hint)) {
        tokens.id_token = received_->id_token.view();
    }
    return tokens;
}

} // namespace ciam::flow
