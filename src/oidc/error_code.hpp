// The `error` of OAuth answers, which comes from outside and goes into logs and pages.
#pragma once

#include "base/http_message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ciam::oidc {

/// `error` itself when it looks like an error code ("invalid_grant"), else "unknown".
std::string error_code(std::string_view error);

/// The `error` of an answer that may say more than its status does (RFC 6749 section 5.2: 400 or
/// 401, and many providers use others); nullopt when it has none that can be read.
std::optional<std::string> error_in_answer(const base::HttpResponse& response);

} // namespace ciam::oidc
