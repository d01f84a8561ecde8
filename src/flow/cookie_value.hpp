// The value of either cookie, session and binding: 256 random bits as 43 characters of base64url.
#pragma once

#include <string>
#include <string_view>

namespace ciam::flow {

std::string new_cookie_value();

/// True for the shape of new_cookie_value(). Allocates nothing: every request asks.
bool is_cookie_value(std::string_view text) noexcept;

} // namespace ciam::flow
