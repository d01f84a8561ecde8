// A callback in all its parts: what the browser brings, what the provider answers.
#pragma once

#include "flow/world.hpp"

namespace ciam::test {

/// The members of an ID token, as JSON texts; one that is empty is left out.
struct IdTokenMembers {
    std::string iss = "\"https://id.example.com\"";
    std::string sub = "\"customer-1\"";
    std::string aud = "\"shop\"";
    std::string exp = std::to_string(now + 300);
    std::string iat = std::to_string(now);
    std::string nonce; // of the transaction when empty
    std::string sid = "\"provider-session-1\"";
    std::string email = "\"ann@example.com\"";
};

class LoginWorld : public World {
public:
    LoginWorld() { provider_has(userinfo_member()); }

    // What the browser brings.
    flow::Transaction begun{"main", "/cart?item=1", now - 5, false};
    std::string binding = flow::new_binding();
    std::vector<std::string> binding_cookies{binding};
    std::vector<std::string> session_cookies;
    std::string answer = "code=the-code"; // of the query; state is added

    IdTokenMembers id_token;
    const SigningKey* signed_by = &provider_key();
    std::string token_header; // of the ID token, when not the key's own

    std::string state;
    flow::TransactionSecrets secrets;

    /// Makes the provider's answer, unless the test has given one, and runs the flow.
    flow::LoginOutcome log_in()
    {
        prepare();
        flow::Login flow{client, *sealing_, request(), now};
        return *run(flow);
    }

    /// As log_in(), with everything that a flow needs kept alive for one that the test runs itself.
    void prepare()
    {
        sealing_.emplace(keyring, client);
        if (state.empty()) {
            auto sealed = flow::seal_transaction(keyring, begun, binding);
            state = sealed.state;
            secrets = sealed.secrets;
        }
        answers.try_emplace("/token", json_answer(token_response()));
        answers.try_emplace(
            "/userinfo",
            json_answer(R"({"sub":"customer-1","email":"from.userinfo@example.com"})"));
    }

    flow::LoginRequest request() const
    {
        const std::string query = answer + "&state=" + state;
        return {flow::read_callback(keyring, query, binding_cookies),
                !binding_cookies.empty(),
                redirect_uri,
                session_cookies,
                {}};
    }

    const flow::SessionSealer& sealing() const { return *sealing_; }

    std::string token_response() const
    {
        return R"({"access_token":"the-access-token","token_type":"Bearer","id_token":")" +
               signed_id_token() + "\"}";
    }

    std::string signed_id_token() const
    {
        const std::string nonce = "\"" + secrets.nonce + "\"";
        std::string text;
        const auto add = [&text](const char* name, const std::string& value) {
            if (!value.empty()) {
                text += (text.empty() ? "\"" : ",\"") + std::string{name} + "\":" + value;
            }
        };
        add("iss", id_token.iss);
        add("sub", id_token.sub);
        add("aud", id_token.aud);
        add("exp", id_token.exp);
        add("iat", id_token.iat);
        add("nonce", id_token.nonce.empty() ? nonce : id_token.nonce);
        add("sid", id_token.sid);
        add("email", id_token.email);
        text = "{" + text + "}";
        return token_header.empty() ? signed_by->sign(text) : signed_by->sign(token_header, text);
    }

    /// The hot text of the session that a cookie opens; empty when there is none.
    std::string session_text(std::string_view cookie) const
    {
        const auto keys = sealing_->keys(cookie, keyring.first());
        const auto found = records.find(keys.id);
        std::string text;
        if (found != records.end()) {
            sealing_->open_hot(keys, found->second, now, text);
        }
        return text;
    }

    flow::SessionTokens session_tokens(std::string_view cookie) const
    {
        const auto keys = sealing_->keys(cookie, keyring.first());
        return sealing_->open_cold(keys, records.at(keys.id)).value();
    }

    bool spent_the_code() const { return calls("/token") > 0; }
    bool stored_something() const { return count<base::InsertRecord>() > 0; }

private:
    std::optional<flow::SessionSealer> sealing_;
};

} // namespace ciam::test
