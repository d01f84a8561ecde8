#include "base/cookie.hpp"

#include <algorithm>
#include <functional>

namespace ciam::base {

namespace {

bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

std::string_view trim_front(std::string_view text)
{
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    return text;
}

std::string_view trim(std::string_view text)
{
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return trim_front(text);
}

// RFC 9110 section 5.6.2
bool is_token_character(char c)
{
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return alphanumeric || std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

std::string attributes(const CookieAttributes& cookie)
{
    return cookie.secure ? "; Path=/; Secure; HttpOnly; SameSite=Lax"
                         : "; Path=/; HttpOnly; SameSite=Lax";
}

} // namespace

std::optional<std::string_view> CookieValues::next()
{
    while (!rest_.empty()) {
        const std::size_t end = std::min(rest_.find(';'), rest_.size());
        const std::string_view pair = trim(rest_.substr(0, end));
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        if (pair.size() > name_.size() && pair[name_.size()] == '=' &&
            pair.substr(0, name_.size()) == name_) {
            return pair.substr(name_.size() + 1);
        }
    }
    return std::nullopt;
}

std::optional<std::string> without_cookies(std::string_view field,
                                           std::span<const std::string> names)
{
    const auto is_ours = [names](std::string_view pair) {
        const std::string_view name = pair.substr(0, pair.find('='));
        return name.size() != pair.size() &&
               std::binary_search(names.begin(), names.end(), name, std::less<>{});
    };
    std::optional<std::string> kept;
    for (std::size_t begin = 0; begin < field.size();) {
        const std::size_t end = std::min(field.find(';', begin), field.size() - 1) + 1;
        const std::string_view piece = field.substr(begin, end - begin); // with its semicolon
        const bool goes = is_ours(trim(piece.substr(0, piece.find(';'))));
        if (goes && !kept) {
            kept = field.substr(0, begin);
        } else if (!goes && kept) {
            kept->append(kept->empty() ? trim_front(piece) : piece);
        }
        begin = end;
    }
    if (kept) {
        kept->erase(kept->find_last_not_of("; \t") + 1);
    }
    return kept;
}

std::string set_cookie(const CookieAttributes& cookie, std::string_view value)
{
    std::string field = cookie.name + "=";
    field += value;
    return field + attributes(cookie);
}

std::string delete_cookie(const CookieAttributes& cookie)
{
    return set_cookie(cookie, "") + "; Max-Age=0";
}

bool is_cookie_name(std::string_view name)
{
    return !name.empty() && std::all_of(name.begin(), name.end(), is_token_character);
}

} // namespace ciam::base
