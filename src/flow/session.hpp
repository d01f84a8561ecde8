// The session: the cookie's secret, the record's id and key derived from it, and what is sealed in
// it. Nothing in the store can be read, forged or moved without the customer's cookie and the
// server's K.
#pragma once

#include "base/record.hpp"
#include "jose/reused_hash.hpp"
#include "oidc/claims.hpp"
#include "oidc/client.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ciam::flow {

struct Session {
    std::string subject;
    std::string sid; // the provider's session, empty when it names none
    base::Seconds created = 0;
    base::Seconds limit = 0;
    std::uint64_t generation = 1; // grows with each refresh
    std::vector<oidc::ClaimText> claims;
    base::Seconds token_expiry = 0; // of the access token; 0: nobody knows
};

/// What few requests read. Empty where no directive or variable uses it.
struct SessionTokens {
    std::string id_token;
    std::string access_token;
    std::string userinfo;
    std::string refresh_token{};
    // What the next ID token is checked against; kept with the refresh token alone.
    base::Seconds auth_time = 0; // 0: the first one had none
    std::string nonce_mark{};    // see oidc::nonce_mark()

    bool empty() const
    {
        return id_token.empty() && access_token.empty() && userinfo.empty() &&
               refresh_token.empty();
    }
};

/// A session's hot part, opened and spelled out: views into a text that the caller keeps.
class SessionView {
public:
    /// nullopt when the text is not of this layout.
    static std::optional<SessionView> parse(std::string_view text);
    /// limit() of a text that is of this layout.
    static base::Seconds limit_in(std::string_view text);

    std::string_view subject() const { return subject_; }
    std::string_view sid() const { return sid_; }
    base::Seconds created() const { return created_; }
    base::Seconds limit() const { return limit_; }
    std::uint64_t generation() const { return generation_; }
    /// Of the access token. 0: nobody knows.
    base::Seconds token_expiry() const { return token_expiry_; }

    /// By WantedClaim::key, exactly. nullopt when the session does not have it.
    std::optional<std::string_view> claim(std::string_view key) const;

    /// Shows key and text of each claim.
    void
    each_claim(const std::function<void(std::string_view key, std::string_view text)>& show) const;

private:
    std::string_view subject_;
    std::string_view sid_;
    std::string_view claims_;
    base::Seconds created_ = 0;
    base::Seconds limit_ = 0;
    base::Seconds token_expiry_ = 0;
    std::uint64_t generation_ = 0;
};

/// Where a cookie's record is, and what opens it: the key follows from K and the cookie, the id
/// from the key, which the id does not give away.
struct SessionKeys {
    base::RecordId id;
    jose::Digest key;
};

/// Seals and opens the records of one client. Made once for each provider and worker.
class SessionSealer {
public:
    SessionSealer(const jose::Keyring& keyring, const oidc::Client& client);

    /// A new cookie value: 256 random bits, 43 characters.
    static base::Secret new_cookie();
    /// True for the shape of new_cookie().
    static bool is_cookie(std::string_view cookie);

    SessionKeys keys(std::string_view cookie, const jose::Mac& mac) const;

    /// Where the sessions of a browser's cookies may be: each well-formed cookie (at most 4) under
    /// every key that is valid.
    std::vector<SessionKeys> candidates(const std::vector<std::string>& cookies) const;

    /// A record ready to insert, tagged by (provider, sid) where there is one, and by (provider,
    /// subject).
    base::Record seal(const SessionKeys& keys, const Session& session,
                      const SessionTokens& tokens) const;

    /// Opens the hot part into `text`. False when it is not authentic, of another provider, issuer,
    /// client, id or layout, or past its limit. Throws nothing.
    bool open_hot(const SessionKeys& keys, const base::Record& record, base::Seconds now,
                  std::string& text) const noexcept;
    /// nullopt when it or the hot part is not authentic; without tokens when the record has no cold
    /// part.
    std::optional<SessionTokens> open_cold(const SessionKeys& keys,
                                           const base::Record& record) const;

    /// The group of a provider's session, under every key that is valid (a logout never fails
    /// open).
    std::vector<base::RecordId> sid_tags(std::string_view sid) const;
    /// The same of a customer's sessions, all of them.
    std::vector<base::RecordId> subject_tags(std::string_view subject) const;

    const jose::Keyring& keyring() const { return keyring_; }

private:
    std::string_view associated(const base::RecordId& id, std::string_view kind) const noexcept;
    bool open_hot(const SessionKeys& keys, const base::Record& record,
                  std::string& text) const noexcept;
    std::function<std::string(std::string_view)> dictionary_for(std::string_view hot) const;

    const jose::Keyring& keyring_;
    const oidc::Client& client_;
    jose::ReusedHash hash_;
    std::string prefix_;     // of all associated data: layout, provider, client, issuer
    std::string dictionary_; // what tokens of this provider have in common
    // Used again and again, since this is on the way of every request.
    mutable std::string associated_;
    mutable std::string opened_;
};

} // namespace ciam::flow
