#include "module/challenge.hpp"

#include "base/encoding.hpp"
#include "base/url.hpp"
#include "module/request_fields.hpp"
#include "module/respond.hpp"
#include "module/site.hpp"

namespace ciam::module {
namespace {

bool is_page_method(const ngx_http_request_t* r)
{
    return r->method == NGX_HTTP_GET || r->method == NGX_HTTP_HEAD;
}

bool is_prefetch(ngx_http_request_t* r)
{
    return request_field(r, "sec-purpose").find("prefetch") != std::string_view::npos ||
           request_field(r, "purpose") == "prefetch" || request_field(r, "x-moz") == "prefetch";
}

bool is_script(ngx_http_request_t* r)
{
    return !request_field(r, "upgrade").empty() ||
           request_field(r, "x-requested-with") == "XMLHttpRequest";
}

std::string login_url(ngx_http_request_t* r, const ProviderConf& provider)
{
    const auto base_url = site_of(r, provider).base_url;
    if (!provider.login_path.empty()) {
        return base_url + provider.login_path;
    }
    if (location_conf(r).is_check) {
        return base_url + "/";
    }
    // Opening the protected address itself leads to the login, too.
    const auto uri = to_view(r->main->unparsed_uri);
    return base_url + (base::is_return_path(uri) ? std::string{uri} : "/");
}

std::string_view origin_of_referer(std::string_view referer)
{
    const auto host = referer.find("://");
    return host == referer.npos ? std::string_view{}
                                : referer.substr(0, referer.find('/', host + 3));
}

} // namespace

bool is_navigation(ngx_http_request_t* r)
{
    if (!is_page_method(r) || is_prefetch(r) || is_script(r)) {
        return false;
    }
    const auto mode = request_field(r, "sec-fetch-mode");
    if (!mode.empty()) {
        return mode == "navigate";
    }
    return request_field(r, "accept").find("text/html") != std::string_view::npos;
}

bool is_page_of_its_own(ngx_http_request_t* r)
{
    const auto mode = request_field(r, "sec-fetch-mode");
    const auto destination = request_field(r, "sec-fetch-dest");
    return !is_prefetch(r) && !is_script(r) && (mode.empty() || mode == "navigate") &&
           (destination.empty() || destination == "document");
}

bool is_for_frame(ngx_http_request_t* r)
{
    const auto destination = request_field(r, "sec-fetch-dest");
    return destination.empty() || destination == "iframe" || destination == "frame";
}

bool is_preflight(ngx_http_request_t* r)
{
    return r->method == NGX_HTTP_OPTIONS && !request_field(r, "origin").empty() &&
           !request_field(r, "access-control-request-method").empty();
}

bool is_redirected(ngx_http_request_t* r)
{
    if (location_conf(r).is_check) {
        return false; // whoever asks wants a yes or no
    }
    switch (location_conf(r).challenge_kind()) {
    case Challenge::redirect:
        return is_page_method(r) && !is_prefetch(r) && request_field(r, "upgrade").empty();
    case Challenge::unauthorized:
        return false;
    case Challenge::automatic:
        break;
    }
    return is_navigation(r);
}

ngx_int_t send_login_required(ngx_http_request_t* r, const ProviderConf& provider)
{
    const auto url = login_url(r, provider);
    forget_challenges(r);
    add_challenge(r, provider.client.provider);
    return send_json(r, NGX_HTTP_UNAUTHORIZED,
                     "{\"error\":\"login_required\",\"login_url\":" + base::json_quote(url) +
                         "}\n");
}

bool comes_from_site(ngx_http_request_t* r, std::string_view base_url)
{
    const auto site = request_field(r, "sec-fetch-site");
    if (!site.empty()) {
        return site == "same-origin" || site == "same-site" || (site == "none" && is_navigation(r));
    }
    const auto origin = request_field(r, "origin");
    if (!origin.empty()) {
        return origin == base_url;
    }
    return origin_of_referer(request_field(r, "referer")) == base_url;
}

} // namespace ciam::module
