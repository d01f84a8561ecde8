#include "module/request_fields.hpp"

namespace ciam::module {

std::string_view request_field(ngx_http_request_t* r, std::string_view name)
{
    for (auto* part = &r->headers_in.headers.part; part != nullptr; part = part->next) {
        const auto* fields = static_cast<ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            if (fields[i].key.len == name.size() && fields[i].lowcase_key != nullptr &&
                to_view({name.size(), fields[i].lowcase_key}) == name) {
                return to_view(fields[i].value);
            }
        }
    }
    return {};
}

} // namespace ciam::module
