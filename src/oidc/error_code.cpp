#include "oidc/error_code.hpp"

#include <algorithm>

namespace ciam::oidc {

namespace {

constexpr std::size_t max_code = 64;

// RFC 6749 sections 4.1.2.1 and 5.2 allow nearly all of printable ASCII, but codes that are
// registered or in use are words; without space and quotes a text cannot pose as a log line.
bool is_code_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == ':';
}

} // namespace

std::string error_code(std::string_view error)
{
    const bool is_code = !error.empty() && error.size() <= max_code &&
                         std::all_of(error.begin(), error.end(), is_code_character);
    return is_code ? std::string{error} : "unknown";
}

} // namespace ciam::oidc
