#include "module/safe_uri.hpp"

#include "base/url.hpp"
#include "module/conf.hpp"

#include <algorithm>

namespace ciam::module {
namespace {

/// The endpoint that the client asked for, also when an error page has taken its place since.
const Endpoint* endpoint_asked_for(ngx_http_request_t* r, std::string_view unparsed_uri)
{
    if (!r->internal) {
        return server_conf(r).find(to_view(r->uri));
    }
    const auto path = base::normal_path(unparsed_uri.substr(0, unparsed_uri.find('?')));
    return path ? server_conf(r).find(*path) : nullptr;
}

} // namespace

std::string safe_uri(ngx_http_request_t* r)
{
    const auto uri = to_view(r->main->unparsed_uri);
    const auto path = uri.substr(0, uri.find('?'));
    const bool own = server_conf(r->main).find(path) != nullptr ||
                     server_conf(r->main).find(to_view(r->uri)) != nullptr;
    return std::string{own ? path : uri};
}

std::string take_query(ngx_http_request_t* r)
{
    auto query = to_string(r->args);
    const auto uri = to_view(r->unparsed_uri);
    r->unparsed_uri.len = std::min(uri.find('?'), uri.size());
    r->args.len = 0;

    const auto line = to_view(r->request_line);
    const auto start = line.find('?');
    const auto end = line.rfind(' ');
    if (start != line.npos) {
        std::string cut{line.substr(0, start)};
        if (end != line.npos && end > start) {
            cut += line.substr(end);
        }
        r->request_line = pool_copy(r->pool, cut);
    }
    return query;
}

ngx_int_t hide_query(ngx_http_request_t* r)
{
    const auto uri = to_view(r->unparsed_uri);
    if (server_conf(r).endpoints.empty() || uri.find('?') == uri.npos) {
        return NGX_OK;
    }
    try {
        const auto* endpoint = endpoint_asked_for(r, uri);
        if (endpoint != nullptr && endpoint->kind != EndpointKind::login) {
            take_query(r);
        }
    } catch (const std::exception&) {
        r->request_line.len = 0;
    }
    return NGX_OK;
}

} // namespace ciam::module
