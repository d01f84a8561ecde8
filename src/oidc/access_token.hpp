// Access tokens that come to this site as `Authorization: Bearer` (RFC 6750): every rule for those
// that are JWTs (RFC 9068 section 4), and what all have in common, however they were checked.
#pragma once

#include "base/json.hpp"
#include "jose/jws.hpp"
#include "oidc/client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ciam::oidc {

/// What decides where a token may be used.
struct TokenFacts {
    std::vector<std::string> audiences;
    std::vector<std::string> scopes;
    base::Seconds issued = 0;  // 0: the provider does not say
    base::Seconds expires = 0; // 0: the provider does not say
    bool is_untyped = false;   // a JWT whose header does not say that it is an access token
};

struct AccessToken {
    TokenFacts facts;
    std::string subject;
    base::Json claims;
};

/// What one place of the site asks of a token.
struct TokenRules {
    std::vector<std::string> audiences; // one of them
    std::vector<std::string> scopes;    // all of them
    bool takes_untyped = false;
};

enum class TokenUse { allowed, untyped, other_audience, insufficient_scope };

TokenUse use_of(const TokenFacts& token, const TokenRules& rules);

/// Takes a token apart and refuses what no key can make good: typ, alg, form. Throws
/// Error{Fault::client} with a reason that holds no value of the token.
jose::UnverifiedJws read_access_token(std::string_view compact, const Client& client);

/// Throws Error{Fault::client} that names the rule that failed and no value.
AccessToken verify_access_token(const jose::UnverifiedJws& jws, const jose::Keys& keys,
                                const Client& client, base::Seconds now);

/// The rules that a JWT and an answer of the introspection endpoint have in common: sub has to be
/// there; iss, exp, nbf and iat to be right where they are. Throws Error{Fault::client}.
AccessToken read_token_claims(base::Json claims, const Client& client, base::Seconds now);

} // namespace ciam::oidc
