// URLs from metadata and return paths from browsers: what is accepted stays what it was.
#include "base/url.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using ciam::base::Url;

namespace {

void require(bool holds)
{
    if (!holds) {
        std::abort();
    }
}

void check_url(std::string_view text)
{
    const auto url = Url::parse(text);
    if (!url) {
        return;
    }
    require(url->host.find_first_of("@/?#\\ %") == std::string::npos && url->path[0] == '/');
    const auto again = Url::parse(url->origin() + url->path + "?" + url->query);
    require(again && again->host == url->host && again->port == url->port &&
            again->path == url->path && again->query == url->query);
}

void check_return_path(std::string_view text)
{
    if (!ciam::base::is_return_path(text)) {
        return;
    }
    // Appended to an origin, it can only stay there; non-ASCII bytes are no part of a Url.
    const std::string origin = "https://site.example";
    const auto url = Url::parse(origin + std::string{text});
    require(!url || url->origin() == origin);
}

void check_normal_path(std::string_view text)
{
    const auto path = ciam::base::normal_path(text);
    if (!path) {
        return;
    }
    require(path->starts_with('/') && path->size() <= text.size() + 1);
    const std::string closed = *path + "/";
    for (const char* step : {"//", "/./", "/../"}) {
        require(*path == "/" || closed.find(step) == std::string::npos);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_url(text);
    check_return_path(text);
    check_normal_path(text);
    return 0;
}
