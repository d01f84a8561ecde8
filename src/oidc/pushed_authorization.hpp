// Pushed authorization requests (RFC 9126): the parameters go to the provider by a call of ours,
// and the browser carries a reference to them.
#pragma once

#include "base/parameters.hpp"
#include "oidc/metadata.hpp"

#include <string>
#include <string_view>

namespace ciam::oidc {

/// True when this client pushes its requests. Throws Error{Fault::configuration} when it should and
/// the provider has no endpoint for that.
bool is_pushed(const Client& client, const Metadata& metadata);

/// `parameters`: of the authorization request. With client authentication, as for the token
/// endpoint; throws as that does.
base::HttpRequest push_request(const Client& client, const Metadata& metadata,
                               const base::Parameters& parameters, base::Seconds now);

/// The request_uri of the answer. Throws Error: `error` of the provider, another status than 201,
/// no request_uri.
std::string parse_pushed(const base::HttpResponse& response);

/// The URL to send the browser to (RFC 9126 section 4).
std::string pushed_authorization_url(const Client& client, const Metadata& metadata,
                                     std::string_view request_uri);

} // namespace ciam::oidc
