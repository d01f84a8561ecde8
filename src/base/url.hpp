// Absolute http and https URLs as this module accepts them from configuration and metadata, and
// the return path, which comes from the browser.
#pragma once

#include "base/parameters.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ciam::base {

struct Url {
    std::string scheme; // "http" or "https", lower case
    std::string host;   // lower case; an IPv6 literal keeps its brackets
    std::uint16_t port; // the scheme's default when the text has none
    std::string path;   // "/" when the text has none
    std::string query;  // without "?", raw

    /// Parses an absolute URL. nullopt for another scheme, user information, a fragment, an empty
    /// or malformed host, a port outside 1-65535, a backslash, white space, control or non-ASCII
    /// characters.
    static std::optional<Url> parse(std::string_view text);

    /// "https://host[:port]": the port only where it is not the scheme's default.
    std::string origin() const;

    /// "localhost", "*.localhost", 127.0.0.0/8 or "[::1]".
    bool is_loopback() const;
};

bool is_loopback_host(std::string_view host);

/// `url` with the parameters appended, whether or not it has a query already.
std::string with_parameters(std::string_view url, const Parameters& parameters);

/// True for a path and query that, appended to an origin of ours, can only stay there: begins with
/// "/", holds no control character, space, DEL, backslash or "#", is not longer than 8 KB. It may
/// begin with "//" (a customer may have asked for that), so it never stands in an answer without
/// its origin.
bool is_return_path(std::string_view text);

/// The path as a server sees it: escapes decoded, "." and ".." resolved, slashes merged. nullopt
/// for a broken escape.
std::optional<std::string> normal_path(std::string_view path);

} // namespace ciam::base
