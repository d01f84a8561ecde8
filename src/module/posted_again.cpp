#include "module/posted_again.hpp"

#include "base/parameters.hpp"
#include "flow/transaction.hpp"
#include "module/cookies.hpp"
#include "module/site.hpp"

namespace ciam::module {
namespace {

constexpr const char* mark = "posted_by";
constexpr const char* by_this_site = "this_site";

} // namespace

bool lacks_lax_cookies(ngx_http_request_t* r, const ProviderConf& provider, std::string_view form)
{
    if (r->method != NGX_HTTP_POST || base::Parameters::parse(form).has(mark)) {
        return false;
    }
    return cookie_values(r, binding_cookie(is_secure(r, provider)).name, flow::is_binding).empty();
}

Page again_page(const std::string& path, PostedFields fields)
{
    fields.emplace_back(mark, by_this_site);
    return post_again_page(path, std::move(fields));
}

} // namespace ciam::module
