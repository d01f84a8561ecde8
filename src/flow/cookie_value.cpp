#include "flow/cookie_value.hpp"

#include "base/encoding.hpp"
#include "base/random.hpp"

#include <array>

namespace ciam::flow {

namespace {

constexpr std::size_t random_size = 32;
constexpr std::size_t text_size = 43;

constexpr std::array<bool, 256> base64url_table()
{
    std::array<bool, 256> is_in{};
    for (const char c : std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789-_"}) {
        is_in[static_cast<unsigned char>(c)] = true;
    }
    return is_in;
}

constexpr auto is_base64url = base64url_table();

} // namespace

std::string new_cookie_value()
{
    return base::base64url_encode(base::random_bytes(random_size));
}

bool is_cookie_value(std::string_view text) noexcept
{
    if (text.size() != text_size) {
        return false;
    }
    bool is_value = true; // no early end: it is looked at in full at every request anyway
    for (const char c : text) {
        is_value &= is_base64url[static_cast<unsigned char>(c)];
    }
    return is_value;
}

} // namespace ciam::flow
