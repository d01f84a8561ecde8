// Cookie header fields (RFC 6265): reading with exact names, writing with all attributes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ciam::base {

/// Walks over the values of the cookies called exactly `name` in one Cookie field, in order: a
/// neighbour domain may have set a second one (cookie tossing), so the first is only a candidate.
/// Copies nothing; the views point into `field`.
class CookieValues {
public:
    CookieValues(std::string_view field, std::string_view name) : rest_(field), name_(name) {}

    std::optional<std::string_view> next();

private:
    std::string_view rest_;
    std::string_view name_;
};

/// A Cookie field without the cookies called exactly as one of `names`, which are sorted; what
/// stays is byte for byte as it came, and empty when nothing stays. nullopt when the field has none
/// of them.
std::optional<std::string> without_cookies(std::string_view field,
                                           std::span<const std::string> names);

struct CookieAttributes {
    std::string name;   // with its __Host- prefix where it has one
    bool secure = true; // https
};

/// Set-Cookie value: `name=value; Path=/; [Secure; ]HttpOnly; SameSite=Lax`, for the browser's
/// session.
std::string set_cookie(const CookieAttributes& cookie, std::string_view value);

/// Set-Cookie value that deletes: the same attributes, empty value, Max-Age=0.
std::string delete_cookie(const CookieAttributes& cookie);

/// True for a name that RFC 6265 allows (a token of RFC 9110, no separators, not empty).
bool is_cookie_name(std::string_view name);

} // namespace ciam::base
