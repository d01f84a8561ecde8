// Logout asked for by the customer (OIDC RP-Initiated Logout 1.0 section 2) and by the provider in
// an iframe (OIDC Front-Channel Logout 1.0 section 2).
#pragma once

#include "flow/session.hpp"
#include "flow/step.hpp"
#include "oidc/logout.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ciam::flow {

struct LogoutRequest {
    std::vector<std::string> session_cookies;
    std::string post_logout_redirect_uri; // absolute; empty: none
    bool is_return_checked = false;       // by a state, where the provider brings it back
};

struct LoggedOut {
    /// How the browser goes to the provider. nullopt when it has no logout or cannot be asked (the
    /// local session is gone all the same).
    std::optional<oidc::LogoutMessage> provider;
    std::string new_binding;
    std::string state;                          // that has to come back; empty: none
    std::vector<base::HttpRequest> revocations; // RFC 7009; nobody has to wait for them
    std::string not_revoked;                    // why not, where there were tokens to revoke
};

class Logout : public Asking<LoggedOut> {
public:
    Logout(const oidc::Client& client, const SessionSealer& sealer, LogoutRequest request,
           base::Seconds now);

    /// Throws Error{Fault::store_away} when the session store cannot answer: nobody is told that he
    /// is logged out who is not.
    Next next();

private:
    Next end_session();
    void take_tokens(const SessionKeys& keys, const base::Record& record);
    LoggedOut logged_out() const;
    void add_revocations(LoggedOut& out) const;

    const oidc::Client& client_;
    const SessionSealer& sealer_;
    LogoutRequest request_;
    base::Seconds now_;
    std::vector<SessionKeys> sessions_; // still to be ended
    bool is_read_ = false;              // the last of them
    base::Secret id_token_hint_;
    std::vector<std::pair<base::Secret, const char*>> revoked_; // tokens with their kind
    std::optional<base::StoreReply::Status> store_status_;      // of the last answer
    std::optional<ProviderReply> provider_;
};

struct FrontChannelLogoutRequest {
    std::vector<std::string> session_cookies;
    std::string query; // iss and sid, both or none
};
struct FrontChannelDone {};

class FrontChannelLogout : public Asking<FrontChannelDone> {
public:
    FrontChannelLogout(const oidc::Client& client, const SessionSealer& sealer,
                       FrontChannelLogoutRequest request);

    /// Throws Error{Fault::client}: iss of another provider, one of iss and sid alone.
    Next next();

private:
    std::vector<base::StoreRequest> wanted_removals() const;

    const oidc::Client& client_;
    const SessionSealer& sealer_;
    FrontChannelLogoutRequest request_;
    std::optional<std::vector<base::StoreRequest>> removals_; // still to be done
    std::optional<base::StoreReply::Status> store_status_;    // of the last answer
};

} // namespace ciam::flow
