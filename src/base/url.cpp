#include "base/url.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <vector>

namespace ciam::base {

namespace {

constexpr std::size_t max_return_path = 8192;

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text)
{
    std::string result{text};
    std::transform(text.begin(), text.end(), result.begin(), [](char c) { return lower(c); });
    return result;
}

bool is_url_character(char c)
{
    return c > ' ' && c < '\x7F' && c != '\\' && c != '#';
}

bool is_label_character(char c)
{
    const char small = lower(c);
    return (c >= '0' && c <= '9') || (small >= 'a' && small <= 'z') || c == '-' || c == '_';
}

/// Labels with something in them, divided by dots: names and IPv4 addresses alike.
bool is_host_name(std::string_view host)
{
    bool in_label = false;
    for (const char c : host) {
        if (c == '.' ? !in_label : !is_label_character(c)) {
            return false;
        }
        in_label = c != '.';
    }
    return in_label && host.size() <= 253;
}

bool is_ipv6_literal(std::string_view host)
{
    if (host.size() < 4 || host.front() != '[' || host.back() != ']') {
        return false;
    }
    in6_addr address{};
    const std::string text{host.substr(1, host.size() - 2)};
    return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

std::optional<std::uint16_t> parse_port(std::string_view digits)
{
    std::uint16_t port = 0;
    const char* end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, port);
    if (result.ec != std::errc{} || result.ptr != end || port == 0) {
        return std::nullopt;
    }
    return port;
}

/// Takes scheme and "://" off `text`.
std::optional<std::string> take_scheme(std::string_view& text)
{
    for (const std::string_view scheme : {"https", "http"}) {
        if (lower(text.substr(0, scheme.size())) == scheme &&
            text.substr(scheme.size(), 3) == "://") {
            text.remove_prefix(scheme.size() + 3);
            return std::string{scheme};
        }
    }
    return std::nullopt;
}

std::uint16_t default_port(std::string_view scheme)
{
    return scheme == "https" ? 443 : 80;
}

bool set_authority(Url& url, std::string_view authority)
{
    const std::size_t host_end = authority.substr(0, 1) == "[" ? authority.find(']') : 0;
    const std::size_t colon = authority.find(':', std::min(host_end, authority.size()));
    const std::string_view host = authority.substr(0, colon);
    if (!is_host_name(host) && !is_ipv6_literal(host)) {
        return false; // user information too: "@" is in no host
    }
    url.host = lower(host);
    url.port = default_port(url.scheme);
    if (colon == std::string_view::npos) {
        return true;
    }
    const auto port = parse_port(authority.substr(colon + 1));
    url.port = port.value_or(0);
    return port.has_value();
}

bool ends_with(std::string_view text, std::string_view end)
{
    return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

} // namespace

std::optional<Url> Url::parse(std::string_view text)
{
    if (!std::all_of(text.begin(), text.end(), is_url_character)) {
        return std::nullopt;
    }
    const auto scheme = take_scheme(text);
    if (!scheme) {
        return std::nullopt;
    }
    Url url{*scheme, "", 0, "/", ""};
    const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
    if (!set_authority(url, text.substr(0, authority_end))) {
        return std::nullopt;
    }
    text.remove_prefix(authority_end);
    const std::size_t question = std::min(text.find('?'), text.size());
    if (question > 0) {
        url.path = text.substr(0, question);
    }
    url.query = text.substr(std::min(question + 1, text.size()));
    return url;
}

std::string Url::origin() const
{
    std::string text = scheme + "://" + host;
    if (port != default_port(scheme)) {
        text += ":" + std::to_string(port);
    }
    return text;
}

bool Url::is_loopback() const
{
    return is_loopback_host(host);
}

bool is_loopback_host(std::string_view host)
{
    const std::string name = lower(host);
    if (name == "localhost" || name == "[::1]") {
        return true;
    }
    if (ends_with(name, ".localhost")) { // RFC 6761 section 6.3
        return is_host_name(name);
    }
    in_addr address{};
    return inet_pton(AF_INET, name.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24U == 127;
}

std::string with_parameters(std::string_view url, const Parameters& parameters)
{
    std::string text{url};
    if (parameters.empty()) {
        return text;
    }
    if (text.find('?') == std::string::npos) {
        text += '?';
    } else if (text.back() != '?' && text.back() != '&') {
        text += '&';
    }
    return text + parameters.encode();
}

bool is_return_path(std::string_view text)
{
    const auto is_allowed = [](char c) { // bytes over 0x7F too: they stay as they came
        const auto octet = static_cast<unsigned char>(c);
        return octet > ' ' && octet != 0x7F && c != '\\' && c != '#';
    };
    return text.size() <= max_return_path && text.starts_with('/') &&
           std::all_of(text.begin(), text.end(), is_allowed);
}

std::optional<std::string> normal_path(std::string_view path)
{
    const auto decoded = percent_decode(path, false);
    if (!decoded) {
        return std::nullopt;
    }
    std::vector<std::string_view> segments;
    std::string_view rest = *decoded;
    while (!rest.empty()) {
        const auto segment = rest.substr(0, rest.find('/'));
        rest.remove_prefix(std::min(segment.size() + 1, rest.size()));
        if (segment == "..") {
            if (!segments.empty()) {
                segments.pop_back();
            }
        } else if (!segment.empty() && segment != ".") {
            segments.push_back(segment);
        }
    }
    std::string normal;
    for (const auto segment : segments) {
        normal.append("/").append(segment);
    }
    return normal.empty() ? "/" : normal;
}

} // namespace ciam::base
