#include "module/site.hpp"

#include "base/error.hpp"
#include "base/url.hpp"

namespace ciam::module {
namespace {

[[noreturn]] void say_base_url(const std::string& why)
{
    throw base::Error{base::Fault::configuration,
                      why + "; write oidc_base_url https://shop.example.com; with the address "
                            "that browsers use"};
}

bool matches_wildcard(std::string_view pattern, std::string_view host)
{
    if (pattern.starts_with("*.")) {
        return host.size() > pattern.size() - 1 && host.ends_with(pattern.substr(1));
    }
    if (pattern.starts_with('.')) {
        return host == pattern.substr(1) || host.ends_with(pattern);
    }
    if (pattern.ends_with(".*")) {
        return host.size() > pattern.size() - 1 &&
               host.starts_with(pattern.substr(0, pattern.size() - 1));
    }
    return host == pattern;
}

bool matches(const ServerName& name, ngx_str_t host)
{
#if (NGX_PCRE)
    if (name.regex != nullptr) {
        return ngx_regex_exec(name.regex, &host, nullptr, 0) >= 0;
    }
#endif
    return !name.name.empty() && matches_wildcard(name.name, to_view(host));
}

enum class HostKnown { named, unnamed_server, stranger };

HostKnown judge_host(ngx_http_request_t* r)
{
    bool unnamed = true;
    for (const auto& name : server_conf(r).names) {
        if (matches(name, r->headers_in.server)) {
            return HostKnown::named;
        }
        unnamed = unnamed && (name.name.empty() || name.name == "_");
    }
    return unnamed ? HostKnown::unnamed_server : HostKnown::stranger;
}

bool is_own_address(ngx_http_request_t* r, std::string_view host)
{
    u_char buffer[NGX_SOCKADDR_STRLEN];
    ngx_str_t address{sizeof(buffer), buffer};
    if (ngx_connection_local_sockaddr(r->connection, &address, 0) != NGX_OK) {
        return false;
    }
    const auto own = to_view(address);
    return host == own || host == '[' + std::string{own} + ']';
}

/// `GET http://shop.example.com:8443/ HTTP/1.1`: such an address counts, not the Host field.
std::string_view host_of_request_line(const ngx_http_request_t* r)
{
    const auto* end = r->host_end; // the port's end since nginx 1.29.4, before that its colon
    while (*end == ':' || (*end >= '0' && *end <= '9')) {
        ++end;
    }
    return {reinterpret_cast<const char*>(r->host_start),
            static_cast<std::size_t>(end - r->host_start)};
}

/// The port as the browser sees it: there may be a port mapping in front of us.
std::string_view port_of(const ngx_http_request_t* r)
{
    std::string_view host;
    if (r->host_start != nullptr && r->http_version < NGX_HTTP_VERSION_20) {
        host = host_of_request_line(r);
    } else if (r->headers_in.host != nullptr) {
        host = to_view(r->headers_in.host->value);
    }
    const auto colon = host.rfind(':');
    if (colon == host.npos || host.find(']', colon) != host.npos) {
        return {};
    }
    return host.substr(colon);
}

bool is_tls(const ngx_http_request_t* r)
{
#if (NGX_HTTP_SSL)
    return r->connection->ssl != nullptr;
#else
    return false;
#endif
}

void require_known_host(ngx_http_request_t* r, std::string_view host, bool tls)
{
    switch (judge_host(r)) {
    case HostKnown::named:
        return;
    case HostKnown::unnamed_server:
        // Over TLS a browser comes only under a name that the certificate holds.
        if (tls || base::is_loopback_host(host) || is_own_address(r, host)) {
            return;
        }
        say_base_url(
            "this server has no server_name, so the address that browsers see is not known");
    case HostKnown::stranger:
        throw base::Error{base::Fault::misdirected,
                          "the request's Host is none of this server's server_name; where browsers "
                          "do use it, add it to server_name, or write oidc_base_url "
                          "https://shop.example.com;"};
    }
}

Site site_from(const std::string& base_url)
{
    return {base_url, base_url.starts_with("https:")};
}

} // namespace

Site site_of(ngx_http_request_t* r, const ProviderConf& provider)
{
    const auto& configured = location_conf(r).base_url;
    if (!configured.empty()) {
        return site_from(configured);
    }
    if (!provider.redirect_origin.empty()) {
        return site_from(provider.redirect_origin);
    }
    const std::string host = to_string(r->headers_in.server);
    const bool tls = is_tls(r);
    if (host.empty()) {
        say_base_url("the request has no Host");
    }
    require_known_host(r, host, tls);
    const auto url =
        base::Url::parse((tls ? "https://" : "http://") + host + std::string{port_of(r)});
    if (!url) {
        say_base_url("the request's Host is malformed");
    }
    if (!tls && provider.https_issuer() && !url->is_loopback()) {
        say_base_url("the request came by http although the provider is https (TLS seems to end in "
                     "front of this nginx)");
    }
    return site_from(url->origin());
}

bool is_secure(const ngx_http_request_t* r, const ProviderConf& provider)
{
    const auto& configured = location_conf(r).base_url;
    const auto& known = configured.empty() ? provider.redirect_origin : configured;
    return known.empty() ? is_tls(r) : known.starts_with("https:");
}

std::string redirect_uri_of(const Site& site, const ProviderConf& provider)
{
    return provider.redirect_origin.empty() ? site.base_url + provider.redirect_path
                                            : provider.redirect_uri;
}

} // namespace ciam::module
