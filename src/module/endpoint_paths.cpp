#include "module/endpoint_paths.hpp"

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

} // namespace ciam::module
