// How the browser is sent to the provider to log out there: OIDC RP-Initiated Logout 1.0 section 2,
// and what some providers have instead.
#pragma once

#include "base/parameters.hpp"
#include "oidc/metadata.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ciam::oidc {

struct LogoutRequest {
    std::string_view post_logout_redirect_uri{}; // empty: none
    std::string_view state{};                    // empty: none; see brings_state_back()
    std::string_view id_token_hint{};            // empty: none
};

/// A redirect to `url`; where there is a form, a POST of it.
struct LogoutMessage {
    std::string url;
    base::Parameters form;
};

/// nullopt when the provider has no logout, or one that only its metadata tell; null: they are not
/// to be had.
std::optional<LogoutMessage> logout_message(const Client& client, const Metadata* metadata,
                                            const LogoutRequest& request);

/// True where the provider hands `state` back to the post_logout_redirect_uri.
bool brings_state_back(const Client& client, const Metadata* metadata);

/// A template of LogoutStyle::custom holds these: `{client_id}`, `{post_logout_uri}`, `{state}`.
/// Throws Error{Fault::configuration} for another brace, or when what comes of it is no URL.
void check_logout_template(const std::string& text, bool may_be_http);

} // namespace ciam::oidc
