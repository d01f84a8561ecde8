#include "flow/logout.hpp"

#include "base/parameters.hpp"
#include "flow/cookie_value.hpp"
#include "flow/transaction.hpp"
#include "oidc/revocation.hpp"

#include <utility>

namespace ciam::flow {

Logout::Logout(const oidc::Client& client, const SessionSealer& sealer, LogoutRequest request,
               base::Seconds now)
    : client_(client), sealer_(sealer), request_(std::move(request)), now_(now),
      sessions_(sealer.candidates(request_.session_cookies))
{
}

Logout::Next Logout::next()
{
    if (store_status_) {
        require_available(*store_status_);
    }
    if (!sessions_.empty()) {
        return end_session();
    }
    if (!provider_) {
        return ask(NeedProvider{}, [this](ProviderReply reply) { provider_ = std::move(reply); });
    }
    return logged_out();
}

/// Looks into the session first where its tokens are to be sent to the provider.
Logout::Next Logout::end_session()
{
    const SessionKeys keys = sessions_.back();
    if ((client_.logout_token_hint || client_.revoke_on_logout) && !is_read_) {
        return ask(base::FindRecord{keys.id, now_, true},
                   [this, keys](const base::StoreReply& reply) {
                       is_read_ = true; // a store that can't be read may still remove
                       take_tokens(keys, reply.record);
                   });
    }
    return ask(base::RemoveRecord{keys.id}, [this](const base::StoreReply& reply) {
        store_status_ = reply.status;
        is_read_ = false;
        sessions_.pop_back();
    });
}

void Logout::take_tokens(const SessionKeys& keys, const base::Record& record)
{
    std::string text;
    if (!sealer_.open_hot(keys, record, now_, text)) {
        return;
    }
    auto tokens = sealer_.open_cold(keys, record);
    if (!tokens) {
        return;
    }
    if (client_.logout_token_hint && id_token_hint_.empty()) {
        id_token_hint_ = base::Secret{std::move(tokens->id_token)};
    }
    // RFC 7009 section 2.1: with the refresh token, most providers end the access tokens too.
    if (client_.revoke_on_logout && !tokens->refresh_token.empty()) {
        revoked_.emplace_back(std::move(tokens->refresh_token), "refresh_token");
    }
    if (client_.revoke_on_logout && !tokens->access_token.empty()) {
        revoked_.emplace_back(std::move(tokens->access_token), "access_token");
    }
}

LoggedOut Logout::logged_out() const
{
    const oidc::Metadata* metadata =
        provider_->documents ? &provider_->documents->metadata : nullptr;
    LoggedOut out;
    out.new_binding = new_binding();
    if (request_.is_return_checked && oidc::brings_state_back(client_, metadata)) {
        out.state = new_cookie_value();
    }
    out.provider =
        oidc::logout_message(client_, metadata,
                             {.post_logout_redirect_uri = request_.post_logout_redirect_uri,
                              .state = out.state,
                              .id_token_hint = id_token_hint_.view()});
    add_revocations(out);
    return out;
}

/// Whatever hinders it, the customer is logged out.
void Logout::add_revocations(LoggedOut& out) const
try {
    for (const auto& [token, kind] : revoked_) {
        const auto& metadata = require_documents(*provider_).metadata;
        auto request = oidc::revocation_request(client_, metadata, {token.view(), kind}, now_);
        if (!request) {
            out.not_revoked = "the provider has no revocation_endpoint; remove revoke_on_logout";
            return;
        }
        out.revocations.push_back(*std::move(request));
    }
} catch (const base::Error& error) {
    out.not_revoked = error.what();
}

FrontChannelLogout::FrontChannelLogout(const oidc::Client& client, const SessionSealer& sealer,
                                       FrontChannelLogoutRequest request)
    : client_(client), sealer_(sealer), request_(std::move(request))
{
}

FrontChannelLogout::Next FrontChannelLogout::next()
{
    if (!removals_) {
        removals_ = wanted_removals();
    }
    if (store_status_) {
        require_available(*store_status_);
    }
    if (removals_->empty()) {
        return FrontChannelDone{};
    }
    return ask(removals_->back(), [this](const base::StoreReply& reply) {
        store_status_ = reply.status;
        removals_->pop_back();
    });
}

// Front-Channel Logout 1.0 section 2: with one of iss and sid, the other must be there too. Entra
// sends sid alone.
std::vector<base::StoreRequest> FrontChannelLogout::wanted_removals() const
{
    using base::Error;
    using base::Fault;
    const base::Parameters query = base::Parameters::parse(request_.query);
    const auto issuer = query.get("iss");
    const auto sid = query.get("sid");
    const bool may_lack_issuer = client_.frontchannel_sid_alone && sid;
    if (issuer.has_value() != sid.has_value() && !may_lack_issuer) {
        throw Error{Fault::client, "a front-channel logout has one of iss and sid without the "
                                   "other"};
    }
    if (sid && sid->empty()) {
        throw Error{Fault::client, "a front-channel logout has an empty sid"};
    }
    if (issuer && *issuer != client_.issuer) {
        throw Error{Fault::client, "a front-channel logout names another issuer"};
    }
    std::vector<base::StoreRequest> removals;
    if (sid) {
        for (const base::RecordId& tag : sealer_.sid_tags(*sid)) {
            removals.emplace_back(base::RemoveTagged{tag});
        }
    }
    // By cookie only where the provider names no session: else a link with somebody's sid would end
    // the session of whoever follows it.
    if (!sid) {
        for (const SessionKeys& keys : sealer_.candidates(request_.session_cookies)) {
            removals.emplace_back(base::RemoveRecord{keys.id});
        }
    }
    return removals;
}

} // namespace ciam::flow
