// A refresh in all its parts: a session with tokens, what the provider answers.
#pragma once

#include "flow/refresh.hpp"
#include "flow/world.hpp"

namespace ciam::test {

constexpr const char* first_nonce = "nonce-of-the-login";
constexpr base::Seconds first_auth_time = now - 40;

/// The members of an ID token, as JSON texts; one that is empty is left out.
using Members = std::map<std::string, std::string>;

class RefreshWorld : public World {
public:
    RefreshWorld()
    {
        provider_has(R"(,"revocation_endpoint":")" + std::string{issuer} + "/revoke\"");
        client.keep_access_token = true;
        client.keep_refresh_token = true;
        sealing_.emplace(keyring, client);
        flow::Session session = some_session();
        session.token_expiry = now - 1;
        put(session, tokens_of_login());
        answers["/revoke"] = json_answer("");
    }

    Members id_token{{"iss", "\"https://id.example.com\""},
                     {"sub", "\"customer-1\""},
                     {"aud", "\"shop\""},
                     {"exp", std::to_string(now + 300)},
                     {"iat", std::to_string(now)},
                     {"email", "\"new@example.com\""}};
    Members response{{"access_token", "\"new-access-token\""},
                     {"token_type", "\"Bearer\""},
                     {"expires_in", "600"},
                     {"refresh_token", "\"new-refresh-token\""}};
    const SigningKey* signed_by = &provider_key();
    std::uint64_t generation = 1; // that is asked to be refreshed

    static flow::SessionTokens tokens_of_login()
    {
        flow::SessionTokens tokens{"", "old-access-token", "", "old-refresh-token"};
        tokens.auth_time = first_auth_time;
        tokens.nonce_mark = oidc::nonce_mark(first_nonce);
        return tokens;
    }

    /// In place of what is there.
    void put(const flow::Session& session, const flow::SessionTokens& tokens)
    {
        const auto version = records.empty() ? 7 : records.at(keys_.id).version + 1;
        records[keys_.id] = sealing_->seal(keys_, session, tokens);
        records[keys_.id].version = version;
    }

    /// What another refresh leaves behind.
    void is_refreshed_elsewhere(const std::string& refresh_token = "token-of-another")
    {
        flow::Session session = some_session();
        session.generation = 2;
        session.token_expiry = now + 100;
        flow::SessionTokens tokens = tokens_of_login();
        tokens.refresh_token = refresh_token;
        put(session, tokens);
    }

    void prepare() { answers.try_emplace("/token", json_answer(token_response())); }

    flow::RefreshRequest request() const { return {keys_, generation}; }

    flow::RefreshOutcome refresh()
    {
        prepare();
        flow::Refresh flow{client, *sealing_, request(), now};
        return *run(flow);
    }

    /// The flow is destroyed after so many questions.
    void stop_after(std::size_t questions)
    {
        prepare();
        flow::Refresh flow{client, *sealing_, request(), now};
        run(flow, questions);
    }

    template <class Outcome> bool ends_with() { return std::holds_alternative<Outcome>(refresh()); }

    std::string signed_id_token() const { return signed_by->sign(json_of(id_token)); }

    std::string token_response() const
    {
        Members members = response;
        if (!id_token.empty()) {
            members["id_token"] = "\"" + signed_id_token() + "\"";
        }
        return json_of(members);
    }

    bool has_session() const { return records.contains(keys_.id); }
    std::uint64_t version() const { return records.at(keys_.id).version; }
    const base::Record& record() const { return records.at(keys_.id); }
    bool is_untouched() const { return count<base::ReplaceRecord>() == 0 && version() == 7; }

    /// Its views live as long as the world.
    flow::SessionView session()
    {
        sealing_->open_hot(keys_, record(), now, text_);
        return flow::SessionView::parse(text_).value();
    }
    flow::SessionTokens tokens() const { return sealing_->open_cold(keys_, record()).value(); }

    /// The form that went to this endpoint last.
    base::Parameters form(const std::string& path) const
    {
        const auto last = std::find_if(requests.rbegin(), requests.rend(),
                                       [&](const auto& one) { return one.url == issuer + path; });
        return base::Parameters::parse(last->body);
    }

private:
    static std::string json_of(const Members& members)
    {
        std::string text;
        for (const auto& [name, value] : members) {
            if (!value.empty()) {
                text += (text.empty() ? "\"" : ",\"") + name + "\":" + value;
            }
        }
        return "{" + text + "}";
    }

    std::optional<flow::SessionSealer> sealing_;
    flow::SessionKeys keys_ =
        sealer().keys(flow::SessionSealer::new_cookie().view(), keyring.first());
    std::string text_;
};

} // namespace ciam::test
