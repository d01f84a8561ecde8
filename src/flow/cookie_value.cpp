#include "flow/cookie_value.hpp"

#include "base/encoding.hpp"
#include "base/random.hpp"

#include <algorithm>

namespace ciam::flow {

namespace {

constexpr std::size_t random_size = 32;
constexpr std::size_t text_size = 43;

bool is_base64url(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

} // namespace

std::string new_cookie_value()
{
    return base::base64url_encode(base::random_bytes(random_size));
}

bool is_cookie_value(std::string_view text) noexcept
{
    return text.size() == text_size && std::all_of(text.begin(), text.end(), is_base64url);
}

} // namespace ciam::flow
