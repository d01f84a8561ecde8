// Logout told by the provider itself (OIDC Back-Channel Logout 1.0 section 2): no browser, no
// cookie.
#pragma once

#include "flow/session.hpp"
#include "flow/step.hpp"
#include "oidc/logout_token.hpp"

#include <optional>
#include <vector>

namespace ciam::flow {

struct BackchannelLogoutRequest {
    base::Secret form;                                 // what the provider has posted
    std::optional<jose::Algorithm> id_token_algorithm; // of its ID tokens, where that is known
};
struct BackchannelDone {};

class BackchannelLogout : public Asking<BackchannelDone> {
public:
    BackchannelLogout(const oidc::Client& client, const SessionSealer& sealer,
                      BackchannelLogoutRequest request, base::Seconds now);

    /// Throws Error{Fault::client} for a form without a token, Error{Fault::provider} for a token
    /// that is not valid or was seen before, Error{Fault::provider_away} without keys to check it
    /// with, Error{Fault::store_away} where nobody can say that the sessions have ended.
    Next next();

private:
    void read_token();
    void require_documents() const;
    bool lacks_key() const;
    void verify();
    Next remember_token();
    void require_new() const;

    const oidc::Client& client_;
    const SessionSealer& sealer_;
    BackchannelLogoutRequest request_;
    base::Seconds now_;
    std::optional<jose::UnverifiedJws> jws_;
    std::optional<ProviderReply> provider_;
    bool asked_for_newer_keys_ = false;
    std::optional<oidc::LogoutToken> token_;
    std::vector<base::RecordId> tags_;                     // of sessions that still have to end
    std::optional<base::StoreReply::Status> store_status_; // of the last removal
    std::optional<base::StoreReply::Status> remembered_;
};

} // namespace ciam::flow
