// The `error` of OAuth answers, which comes from outside and goes into logs and pages.
#pragma once

#include <string>
#include <string_view>

namespace ciam::oidc {

/// `error` itself when it looks like an error code ("invalid_grant"), else "unknown".
std::string error_code(std::string_view error);

} // namespace ciam::oidc
