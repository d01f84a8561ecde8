// The callback: from an authorization response to a session (OIDC Core 3.1.2.5 to 3.1.3.7, 5.3).
#pragma once

#include "flow/session.hpp"
#include "flow/step.hpp"
#include "flow/transaction.hpp"
#include "oidc/authorization.hpp"
#include "oidc/id_token.hpp"
#include "oidc/token.hpp"
#include "oidc/userinfo.hpp"

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ciam::flow {

/// A callback whose state is authentic, so that its provider is known.
struct Callback {
    oidc::AuthorizationResponse response;
    OpenedTransaction opened;
};

/// Throws Error{Fault::client} for a response that is malformed or whose state was not sealed here.
Callback read_callback(const jose::Keyring& keyring, std::string_view query,
                       std::span<const std::string> bindings);

struct LoginRequest {
    Callback callback;
    bool has_binding_cookie = false;
    std::string redirect_uri;                 // absolute, as it was in the authorization request
    std::vector<std::string> session_cookies; // of this provider, as the browser sent them
    std::function<void()> before_code = {};   // may refuse, by an Error, that the code is spent
    oidc::ResponseMode arrived_by = oidc::ResponseMode::query;
};

struct LoggedIn {
    std::string return_path;
    base::Secret session_cookie;
    std::string new_binding;
    jose::Algorithm id_token_algorithm = jose::Algorithm::rs256;
    std::vector<std::string> refused_claims;   // names, for one log line
    std::vector<std::string> elsewhere_claims; // the same
};
/// The browser has a session already (callback twice, Back button, tab that lost its cookie).
struct AlreadyLoggedIn {
    std::string return_path;
};
/// Too late, or begun under another binding cookie: one fresh login.
struct LoginAgain {
    std::string return_path;
    bool second_try;
};
/// The customer pressed Cancel at the provider (access_denied).
struct LoginCancelled {
    std::string return_path;
};
/// The browser sent no cookie at all.
struct CookiesBlocked {
    std::string return_path;
};

using LoginOutcome =
    std::variant<LoggedIn, AlreadyLoggedIn, LoginAgain, LoginCancelled, CookiesBlocked>;

class Login : public Asking<LoginOutcome> {
public:
    Login(const oidc::Client& client, const SessionSealer& sealer, LoginRequest request,
          base::Seconds now);

    /// Throws Error. Nothing is stored before every check has passed.
    Next next();

private:
    const Transaction& transaction() const { return request_.callback.opened.transaction; }
    const oidc::AuthorizationResponse& response() const { return request_.callback.response; }
    bool is_ours_to_finish() const;

    Next look_for_session();
    void look_at(const base::StoreReply& reply);
    LoginOutcome without_session() const;

    LoginOutcome refused() const;
    Next ask_for_provider(std::uint64_t newer_than);
    base::HttpRequest spend_code(const oidc::Metadata& metadata) const;
    void read_tokens();
    bool lacks_key(const jose::Keys& keys) const;
    void verify_id_token(const jose::Keys& keys);
    bool needs_userinfo(const oidc::Metadata& metadata) const;
    void read_userinfo();
    void verify_userinfo(const jose::Keys& keys);

    Next store_session();
    base::InsertRecord new_record() const;
    SessionTokens kept_tokens() const;

    const oidc::Client& client_;
    const SessionSealer& sealer_;
    LoginRequest request_;
    base::Seconds now_;
    std::vector<SessionKeys> old_sessions_; // where the browser's cookies may have one

    std::size_t looked_at_ = 0;
    bool has_session_ = false;
    std::optional<base::StoreReply::Status> store_status_; // of the last look or removal

    std::optional<ProviderReply> provider_;
    bool asked_for_newer_keys_ = false;
    std::optional<base::HttpResponse> token_answer_;
    std::optional<oidc::TokenResponse> tokens_;
    std::optional<jose::UnverifiedJws> jws_;
    std::optional<oidc::IdToken> id_token_;
    std::optional<base::HttpResponse> userinfo_answer_;
    std::optional<oidc::UserinfoAnswer> read_userinfo_;
    std::optional<base::Json> userinfo_;
    oidc::CollectedClaims claims_;

    std::optional<base::Secret> new_cookie_;
    std::optional<base::StoreReply::Status> inserted_;
};

} // namespace ciam::flow
