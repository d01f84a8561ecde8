// A good access token and the ways to spoil it.
#pragma once

#include "oidc/access_token.hpp"
#include "oidc/example.hpp"
#include "support/signing.hpp"

#include "support/check.hpp"

namespace ciam::test {

constexpr base::Seconds now = 1'700'000'000;
constexpr base::Seconds skew = 60;

inline const SigningKey& key()
{
    static const SigningKey made{"EdDSA"};
    return made;
}

inline jose::Keys keys()
{
    return jose::Keys::parse(key_set(key()));
}

inline oidc::Client client()
{
    auto client = example_client();
    client.clock_skew = skew;
    return client;
}

inline JsonText good_claims()
{
    return {{"iss", R"("https://idp.example")"}, {"sub", R"("customer-1")"},
            {"aud", R"("https://api.example")"}, {"client_id", R"("app")"},
            {"scope", R"("read write")"},        {"jti", R"("token-1")"},
            {"exp", std::to_string(now + 300)},  {"iat", std::to_string(now)}};
}

inline std::string signed_as(const std::string& typ, const JsonText& claims = good_claims())
{
    const auto more = typ.empty() ? std::string{} : ",\"typ\":\"" + typ + "\"";
    return key().sign(key().header(more), claims.text());
}

inline oidc::AccessToken verify(const std::string& compact, const oidc::Client& with = client())
{
    return oidc::verify_access_token(oidc::read_access_token(compact, with), keys(), with, now);
}

inline oidc::AccessToken verify(const JsonText& claims)
{
    return verify(signed_as("at+jwt", claims));
}

/// Refused, by the rule that `reason` is in the message of, and with none of the token's values.
inline void assert_refused(const std::string& compact, const std::string& reason)
{
    const auto act = [&] { verify(compact); };
    const auto message = message_of(act);
    assert_true(fault_of(act) == base::Fault::client);
    if (!contains(message, reason)) {
        assert_text(message, reason);
    }
    assert_false(contains(message, "customer-1") || contains(message, "evil"));
}

inline void assert_refused(const JsonText& claims, const std::string& reason)
{
    assert_refused(signed_as("at+jwt", claims), reason);
}

} // namespace ciam::test
