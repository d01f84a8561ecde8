// base64url without padding (RFC 4648 section 5, RFC 7515 appendix C), percent-encoding (RFC 3986
// section 2.1), forms (application/x-www-form-urlencoded) and text for HTML and JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ciam::base {

std::string base64url_encode(std::string_view bytes);

/// nullopt for padding, for characters outside the alphabet, for impossible lengths and for
/// non-zero trailing bits (so that a text has one spelling).
std::optional<std::string> base64url_decode(std::string_view text);

/// Standard base64 with padding, for `Authorization: Basic`.
std::string base64_encode(std::string_view bytes);

/// Keeps unreserved characters (RFC 3986 section 2.3), all else becomes %XX.
std::string percent_encode(std::string_view bytes);

/// nullopt for a truncated or non-hexadecimal escape. `plus_is_space` as forms and queries have it.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// `& < > " '` as character references.
std::string html_escape(std::string_view text);

/// A JSON string literal with its quotes (jansson does it); invalid UTF-8 becomes U+FFFD.
std::string json_quote(std::string_view text);

} // namespace ciam::base
