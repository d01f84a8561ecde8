#include "module/safe_uri.hpp"

#include "base/url.hpp"
#include "module/conf.hpp"
#include "module/logout_return.hpp"

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

namespace {

/// `text` with another query; "" takes its question mark away, too.
std::string with_query(std::string_view text, std::string_view query)
{
    std::string changed{text.substr(0, text.find('?'))};
    if (!query.empty()) {
        changed.append("?").append(query);
    }
    return changed;
}

void replace_query(ngx_http_request_t* r, std::string_view query)
{
    r->unparsed_uri = pool_copy(r->pool, with_query(to_view(r->unparsed_uri), query));
    const auto line = to_view(r->request_line);
    if (line.find('?') != line.npos) {
        const auto space = line.rfind(' '); // before HTTP/1.1, where that is there
        const auto end = space != line.npos && space > line.find('?') ? space : line.size();
        auto changed = with_query(line.substr(0, end), query);
        r->request_line = pool_copy(r->pool, changed.append(line.substr(end)));
    }
    r->args = pool_copy(r->pool, query);
}

} // namespace

std::string take_query(ngx_http_request_t* r)
{
    auto query = to_string(r->args);
    replace_query(r, "");
    return query;
}

std::optional<std::string> take_parameter(ngx_http_request_t* r, std::string_view name)
{
    std::optional<std::string> taken;
    std::string others;
    auto rest = to_view(r->args);
    while (!rest.empty()) {
        const auto item = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
        const auto equals = std::min(item.find('='), item.size());
        if (item.substr(0, equals) == name) {
            taken = taken ? "" : std::string{item.substr(std::min(equals + 1, item.size()))};
        } else {
            others.append(others.empty() ? "" : "&").append(item);
        }
    }
    if (taken) {
        replace_query(r, others);
    }
    return taken;
}

ngx_int_t hide_query(ngx_http_request_t* r)
{
    const auto uri = to_view(r->unparsed_uri);
    if (server_conf(r).endpoints.empty() || uri.find('?') == uri.npos) {
        return NGX_OK;
    }
    try {
        hide_return_state(r);
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
