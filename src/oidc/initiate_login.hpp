// What a third party says when it starts a login here (OIDC Core 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ciam::oidc {

struct InitiatedLogin {
    std::string issuer; // never empty
    std::optional<std::string> login_hint;
    std::string target_link_uri; // as it came; empty: none
};

/// All other parameters are ignored: a stranger chooses neither scope nor anything else. Throws
/// Error{Fault::client}: no iss, one of the three twice, a login_hint over 1 KB.
InitiatedLogin parse_initiated_login(std::string_view parameters);

/// Path and query of an address of this site (`base_url`: scheme and authority); "/" of any other.
std::string path_on_site(std::string_view target, std::string_view base_url);

} // namespace ciam::oidc
