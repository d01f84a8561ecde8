#include "module/endpoint_paths.hpp"

#include "base/error.hpp"
#include "base/parameters.hpp"
#include "base/url.hpp"

#include <algorithm>

namespace ciam::module {

std::string return_path(ngx_http_request_t* r, const std::string& wanted)
{
    const std::string_view path{wanted.data(), std::min(wanted.find('?'), wanted.size())};
    const auto normal = base::normal_path(path);
    const bool usable =
        base::is_return_path(wanted) && normal && server_conf(r).find(*normal) == nullptr;
    return usable ? wanted : "/";
}

std::string wanted_page(ngx_http_request_t* r, const std::string& query)
{
    try {
        const auto to = base::Parameters::parse(query).get("return_to").value_or("/");
        return to.starts_with("//") ? "/" : return_path(r, to);
    } catch (const base::Error&) {
        return "/"; // a query that is no query
    }
}

} // namespace ciam::module
