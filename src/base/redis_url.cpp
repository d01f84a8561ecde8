#include "base/redis_url.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace ciam::base {
namespace {

constexpr std::uint16_t redis_port = 6379;
constexpr std::uint16_t sentinel_port = 26379;
constexpr unsigned most_databases = 65535;
constexpr std::size_t longest_path = 107; // sockaddr_un

[[noreturn]] void wrong(const std::string& sentence)
{
    throw Error{Fault::configuration, sentence};
}

template <class Number> std::optional<Number> number(std::string_view text)
{
    Number value{};
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    return read.ec == std::errc{} && read.ptr == end ? std::optional{value} : std::nullopt;
}

unsigned database_of(std::string_view text)
{
    const auto value = number<unsigned>(text);
    if (!value || *value > most_databases) {
        wrong("redis= ends with the number of a database; write redis://host:6379/0");
    }
    return *value;
}

bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_host(std::string_view host)
{
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        const auto inner = host.substr(1, host.size() - 2);
        return inner.find_first_not_of("0123456789abcdef:.") == inner.npos;
    }
    return !host.empty() && std::all_of(host.begin(), host.end(), is_name_character);
}

std::string lower(std::string_view text)
{
    std::string result{text};
    for (char& c : result) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return result;
}

RedisPlace place_of(std::string_view text, std::uint16_t default_port)
{
    RedisPlace place;
    place.port = default_port;
    const auto bracket = text.rfind(']');
    const auto colon = text.rfind(':');
    if (colon != text.npos && (bracket == text.npos || colon > bracket)) {
        const auto port = number<std::uint16_t>(text.substr(colon + 1));
        if (!port || *port == 0) {
            wrong("redis= has no valid port; write redis://host:6379/0");
        }
        place.port = *port;
        text = text.substr(0, colon);
    }
    place.host = lower(text);
    if (!is_host(place.host)) {
        wrong("redis= names no host; write redis://host:6379/0");
    }
    return place;
}

/// Takes "user@" off. A password does not belong into nginx.conf.
std::string take_user(std::string_view& authority)
{
    const auto at = authority.rfind('@');
    if (at == authority.npos) {
        return {};
    }
    const auto user = authority.substr(0, at);
    authority.remove_prefix(at + 1);
    if (user.find(':') != user.npos) {
        wrong("redis= takes no password, nginx.conf is read by many; write it into a file and "
              "redis_password_file=/etc/nginx/redis.password");
    }
    return std::string{user};
}

/// Cuts `text` at its first `mark`; returns what stood before it.
std::string_view take_until(std::string_view& text, char mark)
{
    const auto end = std::min(text.find(mark), text.size());
    const auto piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return piece;
}

RedisUrl parse_server(std::string_view rest)
{
    RedisUrl url;
    auto authority = take_until(rest, '/');
    url.user = take_user(authority);
    url.places.push_back(place_of(authority, redis_port));
    url.database = rest.empty() ? 0 : database_of(rest);
    return url;
}

RedisUrl parse_sentinel(std::string_view rest)
{
    RedisUrl url;
    auto authority = take_until(rest, '/');
    url.user = take_user(authority);
    while (!authority.empty()) {
        url.places.push_back(place_of(take_until(authority, ','), sentinel_port));
    }
    const auto master = take_until(rest, '/');
    if (url.places.empty() || master.empty()) {
        wrong("redis= with Sentinel names its hosts and the master; write "
              "redis+sentinel://host1:26379,host2:26379,host3:26379/mymaster/0");
    }
    url.master = master;
    url.database = rest.empty() ? 0 : database_of(rest);
    return url;
}

RedisUrl parse_unix(std::string_view rest)
{
    RedisUrl url;
    RedisPlace place;
    place.path = take_until(rest, '?');
    if (place.path.empty() || place.path.front() != '/' || place.path.size() > longest_path) {
        wrong("redis=unix: takes an absolute path of up to 107 characters; write "
              "redis=unix:/run/redis/redis.sock");
    }
    if (!rest.empty() && !rest.starts_with("db=")) {
        wrong("redis=unix: takes a database as ?db=0; write redis=unix:/run/redis/redis.sock?db=0");
    }
    url.database = rest.empty() ? 0 : database_of(rest.substr(3));
    url.places.push_back(std::move(place));
    return url;
}

} // namespace

std::string RedisPlace::text() const
{
    return host.empty() ? "unix:" + path : host + ':' + std::to_string(port);
}

RedisUrl RedisUrl::parse(std::string_view text)
{
    constexpr std::string_view server = "redis://";
    constexpr std::string_view sentinel = "redis+sentinel://";
    constexpr std::string_view socket = "unix:";
    constexpr std::string_view with_tls = "rediss";
    if (text.starts_with("rediss:") || text.starts_with("rediss+")) {
        auto url = parse("redis" + std::string{text.substr(with_tls.size())});
        url.tls = true;
        return url;
    }
    if (text.starts_with(server)) {
        return parse_server(text.substr(server.size()));
    }
    if (text.starts_with(sentinel)) {
        return parse_sentinel(text.substr(sentinel.size()));
    }
    if (text.starts_with(socket)) {
        return parse_unix(text.substr(socket.size()));
    }
    wrong("redis= takes redis://host:6379/0, unix:/path or "
          "redis+sentinel://host1:26379,host2:26379/mymaster/0; with TLS rediss:// and "
          "rediss+sentinel://");
}

} // namespace ciam::base
