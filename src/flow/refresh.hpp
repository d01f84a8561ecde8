// New tokens for a session that is there (RFC 6749 section 6, OIDC Core 12).
#pragma once

#include "flow/session.hpp"
#include "flow/step.hpp"
#include "oidc/id_token.hpp"
#include "oidc/token.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ciam::flow {

struct RefreshRequest {
    SessionKeys keys{};
    std::uint64_t generation = 0; // of the session whose tokens are to be replaced
};

/// The session has new tokens: by this refresh, or by somebody else's meanwhile.
struct Refreshed {
    std::vector<std::string> refused_claims; // names, for one log line
};
/// The provider has given the session no refresh token.
struct NoRefreshToken {};
/// There is no such session any more. What the provider has sent for it was revoked.
struct SessionGone {};
/// The provider takes the refresh token no more (invalid_grant), and the session was removed.
struct SessionEnded {};
/// The store can't take the new tokens now. next() tries again, and until it succeeds they are
/// nowhere but here.
struct NotStored {};

using RefreshOutcome =
    std::variant<Refreshed, NoRefreshToken, SessionGone, SessionEnded, NotStored>;

class Refresh : public Asking<RefreshOutcome> {
public:
    /// `now` is when it begins.
    Refresh(const oidc::Client& client, const SessionSealer& sealer, RefreshRequest request,
            base::Seconds now);

    /// Throws Error: of the store before the refresh token was sent, of the provider. What the
    /// provider has sent is used as a whole or not at all: of an answer whose ID token is wrong not
    /// even the refresh token is kept, since it may be another customer's.
    Next next();

    /// Seconds for which the provider asked not to be called.
    std::optional<long> retry_after() const
    {
        return answer_ ? answer_->retry_after : std::nullopt;
    }

private:
    /// The session as the store has it. Stays where it is: `view` shows `text`.
    struct Found {
        base::StoreReply::Status status = base::StoreReply::Status::unavailable;
        base::Record record;
        std::string text;
        std::optional<SessionView> view; // none: there is no session
        SessionTokens tokens;
    };

    Next look_into(std::unique_ptr<Found>& into);
    std::unique_ptr<Found> open(base::StoreReply reply) const;
    std::optional<RefreshOutcome> settled() const;
    Next ask_for_provider(std::uint64_t newer_than);
    void read_answer();
    bool lacks_key(const jose::Keys& keys) const;
    void verify_id_token(const jose::Keys& keys);
    Next end_session();
    Next store_tokens();
    Next settle_conflict();
    Next revoke();
    base::ReplaceRecord new_record() const;
    SessionTokens new_tokens() const;

    const oidc::Client& client_;
    const SessionSealer& sealer_;
    RefreshRequest request_;
    base::Seconds now_;

    std::unique_ptr<Found> session_;
    std::unique_ptr<Found> seen_again_; // once it may have changed
    std::optional<ProviderReply> provider_;
    std::optional<base::HttpResponse> answer_;
    bool is_read_ = false;
    std::optional<oidc::TokenResponse> received_; // none once read: invalid_grant
    std::optional<jose::UnverifiedJws> jws_;
    bool asked_for_newer_keys_ = false;
    std::optional<oidc::IdToken> id_token_;
    oidc::CollectedClaims claims_;
    std::optional<base::StoreReply::Status> stored_; // what came of the change, or of the removal
    bool is_revoked_ = false;
};

} // namespace ciam::flow
