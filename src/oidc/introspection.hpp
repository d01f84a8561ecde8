// Asks the provider what a token is (RFC 7662).
#pragma once

#include "oidc/access_token.hpp"
#include "oidc/metadata.hpp"

#include <optional>
#include <string_view>

namespace ciam::oidc {

/// With client authentication. Throws Error{Fault::configuration} when the metadata has no
/// introspection_endpoint, or the client has no means to show who it is.
base::HttpRequest introspection_request(const Client& client, const Metadata& metadata,
                                        std::string_view token, base::Seconds now);

/// nullopt: the provider says that it is of no use (any more). Throws Error{Fault::client} for an
/// active token that is none to take, and the fault that fits when the provider did not say.
/// A token whose answer has no aud is for the client that it was issued to.
std::optional<AccessToken> read_introspection(const base::HttpResponse& response,
                                              const Client& client, base::Seconds now);

} // namespace ciam::oidc
