#include "flow/backchannel_logout.hpp"

#include "base/parameters.hpp"
#include "oidc/received_token.hpp"

#include <utility>

namespace ciam::flow {

namespace {

using base::Error;
using base::Fault;
using Status = base::StoreReply::Status;

constexpr std::string_view document = "logout token";

} // namespace

BackchannelLogout::BackchannelLogout(const oidc::Client& client, const SessionSealer& sealer,
                                     BackchannelLogoutRequest request, base::Seconds now)
    : client_(client), sealer_(sealer), request_(std::move(request)), now_(now)
{
}

BackchannelLogout::Next BackchannelLogout::next()
{
    if (!jws_) {
        read_token();
    }
    if (!provider_) {
        return ask(NeedProvider{}, [this](ProviderReply reply) { provider_ = std::move(reply); });
    }
    require_documents();
    if (lacks_key()) {
        asked_for_newer_keys_ = true;
        return ask(NeedProvider{provider_->documents->generation},
                   [this](ProviderReply reply) { provider_ = std::move(reply); });
    }
    verify();
    if (store_status_) {
        require_available(*store_status_);
    }
    if (!tags_.empty()) {
        // Up to the token's iat: who has logged in since has not been logged out. A login that is
        // under way may have got its ID token just before, and end after this.
        return ask(base::RemoveTagged{tags_.back(), token_->issued, now_,
                                      now_ + client_.login_timeout + client_.clock_skew},
                   [this](const base::StoreReply& reply) {
                       store_status_ = reply.status;
                       tags_.pop_back();
                   });
    }
    return remember_token();
}

void BackchannelLogout::read_token()
{
    const auto form = base::Parameters::parse(request_.form.view());
    const auto token = form.get("logout_token");
    if (!token) {
        throw Error{Fault::client, "a back-channel logout has no logout_token"};
    }
    jws_ = jose::parse_jws(oidc::signed_id_token(*token, client_, document).view());
}

/// The token may be right: it just cannot be checked.
void BackchannelLogout::require_documents() const
{
    if (!provider_->documents) {
        throw Error{Fault::provider_away, provider_->error ? provider_->error->what()
                                                           : "the provider's keys are missing"};
    }
}

bool BackchannelLogout::lacks_key() const
{
    return !asked_for_newer_keys_ && !token_ &&
           oidc::needs_newer_keys(*jws_, provider_->documents->keys);
}

void BackchannelLogout::verify()
{
    if (token_) {
        return;
    }
    token_ = oidc::verify_logout_token(*jws_, provider_->documents->keys, client_,
                                       {now_, request_.id_token_algorithm});
    // With both, the session that is named ends and no other of the customer's (section 2.7). What
    // sub says is then of no use: some providers do not spell it as in their ID tokens.
    tags_ = token_->sid ? sealer_.sid_tags(*token_->sid) : sealer_.subject_tags(*token_->subject);
}

/// Section 2.6 (8). A token that was seen ends the same sessions once more, which is none. So it is
/// remembered last: a logout that failed half-way may be told again.
BackchannelLogout::Next BackchannelLogout::remember_token()
{
    if (remembered_) {
        require_available(*remembered_);
        require_new();
        return BackchannelDone{};
    }
    base::InsertRecord seen;
    seen.id = sealer_.keyring().first()("ciam logout token", {client_.provider, token_->jti});
    seen.now = now_;
    seen.record.hot.push_back('x'); // a record is never empty
    seen.record.idle_timeout = token_->expires - now_;
    seen.record.limit = token_->expires;
    return ask(std::move(seen),
               [this](const base::StoreReply& reply) { remembered_ = reply.status; });
}

void BackchannelLogout::require_new() const
{
    if (remembered_ == Status::conflict) {
        throw Error{Fault::provider, std::string{document} + " has a jti that was seen before"};
    }
    if (remembered_ != Status::done) {
        throw Error{Fault::internal, "the session store refused to remember a logout token"};
    }
}

} // namespace ciam::flow
