// Every rule of ID token validation (OIDC Core 3.1.3.7 and 3.1.3.8), and nothing else.
#pragma once

#include "base/json.hpp"
#include "jose/jws.hpp"
#include "oidc/authorization.hpp"
#include "oidc/client.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ciam::oidc {

/// A validated ID token.
struct IdToken {
    std::string subject;
    std::optional<std::string> sid;
    base::Json claims;
};

struct ExpectedIdToken {
    std::string_view nonce;
    std::string_view access_token; // for at_hash
    base::Seconds now;
    base::Seconds asked_at = 0;     // when the authorization request was made
    AskedAuthentication asked = {}; // what it asked of the login
};

/// Throws Error{Fault::provider} that names the rule that failed and no value. An exp or iat that
/// fails by clock alone says so ("check the clocks").
IdToken verify_id_token(const jose::UnverifiedJws& jws, const jose::Keys& keys,
                        const Client& client, const ExpectedIdToken& expected);

/// What the session knows of the ID tokens before this one.
struct ExpectedRefreshedIdToken {
    std::string_view subject;
    std::string_view nonce_mark;
    base::Seconds auth_time = 0; // 0: the first one had none
    base::Seconds began = 0;     // the session
    std::string_view access_token;
    base::Seconds now = 0;
};

/// The rules of OIDC Core 12.2. Throws like verify_id_token().
IdToken verify_refreshed_id_token(const jose::UnverifiedJws& jws, const jose::Keys& keys,
                                  const Client& client, const ExpectedRefreshedIdToken& expected);

/// What is kept of a nonce, which is random: enough to know it again.
std::string nonce_mark(std::string_view nonce);

} // namespace ciam::oidc
