// Tells the provider that a token is no longer needed (RFC 7009).
#pragma once

#include "oidc/metadata.hpp"

#include <optional>
#include <string_view>

namespace ciam::oidc {

struct TokenToRevoke {
    std::string_view token;
    std::string_view hint; // section 2.1: refresh_token or access_token
};

/// With client authentication, which throws as for token_request(). nullopt when the provider has
/// no revocation_endpoint.
std::optional<base::HttpRequest> revocation_request(const Client& client, const Metadata& metadata,
                                                    const TokenToRevoke& revoked,
                                                    base::Seconds now);

/// Throws Error that says why the token may still be good.
void check_revocation_answer(const base::HttpResponse& response);

} // namespace ciam::oidc
