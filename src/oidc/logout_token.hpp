// Every rule of logout token validation (OIDC Back-Channel Logout 1.0 sections 2.4 and 2.6), and
// nothing else but whether the token was seen before.
#pragma once

#include "jose/jws.hpp"
#include "oidc/client.hpp"

#include <optional>
#include <string>

namespace ciam::oidc {

/// A validated logout token: what ends, and what tells it from every other one.
struct LogoutToken {
    std::optional<std::string> subject; // at least one of these two
    std::optional<std::string> sid;
    std::string jti;
    base::Seconds issued = 0;
    base::Seconds expires = 0; // not accepted from then on
};

struct ExpectedLogoutToken {
    base::Seconds now = 0;
    /// Of the ID tokens that this client is given, where that is known: logout tokens are signed
    /// alike (section 2.4).
    std::optional<jose::Algorithm> id_token_algorithm{};
};

/// Throws Error{Fault::provider} that names the rule that failed and no value.
LogoutToken verify_logout_token(const jose::UnverifiedJws& jws, const jose::Keys& keys,
                                const Client& client, const ExpectedLogoutToken& expected);

} // namespace ciam::oidc
