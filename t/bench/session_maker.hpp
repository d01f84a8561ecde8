// Sessions with random values, the same ones at every run.
#pragma once

#include "base/encoding.hpp"
#include "base/random.hpp"
#include "flow/session.hpp"

#include <random>

namespace ciam::bench {

constexpr base::Seconds start = 1'700'000'000;
// As long as cloud providers have them.
constexpr const char* issuer = "https://api.example.com/t/shop/oauth2/token";
constexpr const char* client_id = "q7XvY2mB9sKdT4hLwZ0cRfJ6nGaE";

class SessionMaker {
public:
    explicit SessionMaker(std::uint64_t seed) : random_(seed) {}

    /// Six claims.
    flow::Session session()
    {
        subject_ = uuid();
        sid_ = uuid();
        given_name_ = any_of({"Anna", "Ben", "Charlotte", "David", "Emilia", "Friedrich", "Li"});
        family_name_ = name();
        email_ = lower(given_name_) + "." + lower(family_name_) + std::to_string(below(100)) + "@" +
                 any_of({"example.com", "mail.example.org", "shop.example.net"});
        locale_ = any_of({"de-DE", "en-US", "fr-FR", "pt-BR"});
        flow::Session session;
        session.subject = subject_;
        session.sid = sid_;
        session.created = start;
        session.limit = start + 30 * 86400;
        session.token_expiry = start + 3600;
        session.claims = {{"email", email_},           {"email_verified", "true"},
                          {"given_name", given_name_}, {"family_name", family_name_},
                          {"locale", locale_},         {"groups", "gold,newsletter"}};
        return session;
    }

    flow::SessionTokens tokens()
    {
        flow::SessionTokens tokens;
        tokens.access_token = opaque();
        tokens.refresh_token = opaque();
        tokens.auth_time = start - 5;
        tokens.nonce_mark = random_bytes(8);
        return tokens;
    }

    /// RS256, 18 claims, a payload of 590 bytes in the mean; of the customer of
    /// the last session().
    std::string id_token(const std::string& access_token)
    {
        static const std::string kid = random_text(32);
        const std::string header = R"({"alg":"RS256","typ":"JWT","kid":")" + kid + R"("})";
        const auto time = start - static_cast<base::Seconds>(below(3));
        const auto hash = jose::sha256(access_token);
        const auto number = [](base::Seconds value) { return std::to_string(value); };
        const std::string payload =
            R"({"iss":")" + std::string{issuer} + R"(","sub":")" + subject_ + R"(","aud":")" +
            client_id + R"(","exp":)" + number(time + 3600) + R"(,"iat":)" + number(time) +
            R"(,"auth_time":)" + number(time - static_cast<base::Seconds>(below(100000))) +
            R"(,"nonce":")" + random_text(32) + R"(","at_hash":")" +
            base::base64url_encode(jose::view(hash).substr(0, 16)) + R"(","azp":")" + client_id +
            R"(","sid":")" + sid_ + R"(","jti":")" + uuid() + R"(")" + R"(,"email":")" + email_ +
            R"(","email_verified":true,"name":")" + given_name_ + " " + family_name_ +
            R"(","given_name":")" + given_name_ + R"(","family_name":")" + family_name_ +
            R"(","locale":")" + locale_ + R"(","groups":["gold","newsletter"]})";
        return base::base64url_encode(header) + "." + base::base64url_encode(payload) + "." +
               random_text(256);
    }

    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

private:
    std::string random_bytes(std::size_t size)
    {
        std::string bytes(size, '\0');
        for (char& c : bytes) {
            c = static_cast<char>(random_());
        }
        return bytes;
    }
    std::string random_text(std::size_t bytes)
    {
        return base::base64url_encode(random_bytes(bytes));
    }
    std::string opaque() { return random_text(27); } // 36 characters
    std::string uuid()
    {
        std::string text = "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx";
        for (char& c : text) {
            c = c == 'x' ? "0123456789abcdef"[below(16)] : c;
        }
        return text;
    }
    std::string any_of(std::initializer_list<const char*> texts)
    {
        return *(texts.begin() + below(texts.size()));
    }
    std::string name()
    {
        std::string text(4 + below(8), ' ');
        for (char& c : text) {
            c = static_cast<char>('a' + below(26));
        }
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
        return text;
    }
    static std::string lower(std::string text)
    {
        text.front() = static_cast<char>(text.front() | 0x20);
        return text;
    }

    std::mt19937_64 random_;
    std::string subject_;
    std::string sid_;
    std::string email_;
    std::string given_name_;
    std::string family_name_;
    std::string locale_;
};

} // namespace ciam::bench
