#include "module/return_check.hpp"

#include "module/conf.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace ciam::module {
namespace {

/// How the configuration of nginx's rewrite module begins, in every version.
struct RewriteConf {
    ngx_array_t* codes; // of bytes
};

const RewriteConf* rewrite_conf(ngx_conf_t* cf)
{
    // By name: an nginx may have been built without it.
    for (ngx_uint_t i = 0; cf->cycle->modules[i] != nullptr; ++i) {
        const auto& module = *cf->cycle->modules[i];
        if (std::string_view{module.name} == "ngx_http_rewrite_module") {
            return static_cast<RewriteConf*>(
                static_cast<ngx_http_conf_ctx_t*>(cf->ctx)->loc_conf[module.ctx_index]);
        }
    }
    return nullptr;
}

template <class Code> std::optional<Code> code_at(std::string_view codes, std::size_t at)
{
    if (codes.size() - at < sizeof(Code)) {
        return std::nullopt;
    }
    Code code{};
    std::memcpy(&code, codes.data() + at, sizeof(code));
    return code;
}

/// The status of a `return` that stands in no `if`. The codes are of many sizes, but each begins
/// with the address of what runs it, on the boundary of a word.
std::optional<ngx_uint_t> status_returned(std::string_view codes)
{
    for (std::size_t at = 0; at + sizeof(ngx_http_script_code_pt) <= codes.size();) {
        const auto runs = *code_at<ngx_http_script_code_pt>(codes, at);
        if (runs == ngx_http_script_return_code) {
            const auto code = code_at<ngx_http_script_return_code_t>(codes, at);
            return code ? std::optional{code->status} : std::nullopt;
        }
        const auto condition = runs == ngx_http_script_if_code
                                   ? code_at<ngx_http_script_if_code_t>(codes, at)
                                   : std::nullopt;
        at += condition ? std::max(condition->next, sizeof(void*)) : sizeof(void*);
    }
    return std::nullopt;
}

bool shows_something(ngx_uint_t status)
{
    return status < NGX_HTTP_SPECIAL_RESPONSE && status != NGX_HTTP_NO_CONTENT;
}

std::string place_of(ngx_conf_t* cf)
{
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    return core->name.len > 0 ? "location " + to_string(core->name) : "a server";
}

} // namespace

void warn_of_return(ngx_conf_t* cf, bool is_own)
{
    const auto* conf = rewrite_conf(cf);
    if (conf == nullptr || conf->codes == nullptr) {
        return;
    }
    const auto status = status_returned(
        {static_cast<const char*>(conf->codes->elts), conf->codes->nelts * conf->codes->size});
    if (status && (is_own || shows_something(*status))) {
        warn(cf, "\"return\" in " + place_of(cf) +
                     " answers before auth_oidc asks for a login, so everybody sees that answer; "
                     "serve it in another way (a file, proxy_pass), or write auth_oidc off; there");
    }
}

} // namespace ciam::module
