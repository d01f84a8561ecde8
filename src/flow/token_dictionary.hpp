// What is known of a token before it is seen: the dictionary with which it is compressed. Sessions
// are sealed that need the very same text to be opened: a change here is a change of
// session_layout.
#pragma once

#include "oidc/client.hpp"

#include <string>
#include <string_view>

namespace ciam::flow {

/// What the tokens of this provider for this client have in common.
std::string provider_dictionary(const oidc::Client& client);

/// With what the tokens repeat of the session: its claims, about when it began and, in an ID token,
/// the hash of the access token (OIDC Core 3.1.3.6). `hot`: the text that SessionView reads.
std::string token_dictionary(const std::string& of_provider, std::string_view hot,
                             std::string_view access_token);

} // namespace ciam::flow
