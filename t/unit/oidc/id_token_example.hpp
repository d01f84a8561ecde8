// A good ID token and the ways to spoil it.
#pragma once

#include "oidc/example.hpp"
#include "oidc/id_token.hpp"
#include "support/signing.hpp"

#include "support/check.hpp"

namespace ciam::test {

constexpr base::Seconds now = 1'700'000'000;
constexpr base::Seconds skew = 60;
constexpr base::Seconds login_timeout = 3600;
constexpr const char* nonce = "nonce-of-this-login";
constexpr const char* access_token = "access-token-of-this-login";

inline const SigningKey& key()
{
    static const SigningKey made{"EdDSA"};
    return made;
}

inline const SigningKey& foreign_key()
{
    static const SigningKey made{"EdDSA"};
    return made;
}

inline const SigningKey& rsa_key()
{
    static const SigningKey made{"RS256", "rsa"};
    return made;
}

inline jose::Keys keys()
{
    return jose::Keys::parse(key_set({key().jwk(), rsa_key().jwk()}));
}

inline JsonText good_claims()
{
    return {{"iss", R"("https://idp.example")"},
            {"sub", R"("customer-1")"},
            {"aud", R"("shop")"},
            {"exp", std::to_string(now + 300)},
            {"iat", std::to_string(now)},
            {"nonce", R"("nonce-of-this-login")"}};
}

inline oidc::Client client()
{
    auto client = example_client();
    client.clock_skew = skew;
    client.login_timeout = login_timeout;
    return client;
}

inline oidc::IdToken verify(const std::string& compact, const oidc::Client& with = client())
{
    return oidc::verify_id_token(jose::parse_jws(compact), keys(), with,
                                 {.nonce = nonce, .access_token = access_token, .now = now});
}

inline oidc::IdToken verify(const JsonText& claims)
{
    return verify(key().sign(claims.text()));
}

/// Refused, by the rule that `reason` is in the message of, and with none of the token's values.
inline void assert_refused(const std::string& compact, const std::string& reason,
                           const oidc::Client& with = client())
{
    const auto act = [&] { verify(compact, with); };
    const auto message = message_of(act);
    assert_true(fault_of(act) == base::Fault::provider);
    if (!contains(message, reason)) {
        assert_text(message, reason);
    }
    for (const char* value : {"customer-1", nonce, access_token, "evil"}) {
        assert_false(contains(message, value));
    }
}

inline void assert_refused(const JsonText& claims, const std::string& reason)
{
    assert_refused(key().sign(claims.text()), reason);
}

inline void assert_accepted(const JsonText& claims)
{
    assert_text(verify(claims).subject, "customer-1");
}

inline void assert_clock_refused(const JsonText& claims, const std::string& reason)
{
    assert_refused(claims, reason);
    assert_refused(claims, "check the clocks");
}

} // namespace ciam::test
