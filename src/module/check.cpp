#include "module/check.hpp"

#include "module/guard.hpp"
#include "module/request_headers.hpp"
#include "module/respond.hpp"

namespace ciam::module {

ngx_int_t serve_check(ngx_http_request_t* r)
{
    return guarded_content(r, [&] {
        for (const auto& [name, value] : identity_headers(r)) {
            set_header(r, name, value);
        }
        return give_empty(r, NGX_HTTP_ACCEPTED);
    });
}

} // namespace ciam::module
