#include "module/conf.hpp"

#include "base/error.hpp"
#include "base/url.hpp"
#include "module/bearer_values.hpp"
#include "module/return_check.hpp"
#include "module/server_endpoints.hpp"

#include <algorithm>

namespace ciam::module {
namespace {

void copy_names(ngx_conf_t* cf, ServerConf& server)
{
    const auto* core = static_cast<ngx_http_core_srv_conf_t*>(
        ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module));
    const auto* names = static_cast<ngx_http_server_name_t*>(core->server_names.elts);
    for (ngx_uint_t i = 0; i < core->server_names.nelts; ++i) {
        ServerName name;
        name.name = to_string(names[i].name);
#if (NGX_PCRE)
        name.regex = names[i].regex != nullptr ? names[i].regex->regex : nullptr;
#endif
        server.names.push_back(std::move(name));
    }
}

void inherit_headers(const LocationConf& parent, LocationConf& child)
{
    for (const auto& header : parent.headers) {
        auto same = [&](const SetHeader& own) { return own.folded == header.folded; };
        if (std::none_of(child.headers.begin(), child.headers.end(), same)) {
            child.headers.push_back(header);
        }
    }
    child.sets_authorization =
        std::any_of(child.headers.begin(), child.headers.end(),
                    [](const auto& h) { return h.folded == "authorization"; });
    child.passes_access_token =
        std::any_of(child.headers.begin(), child.headers.end(),
                    [](const auto& header) { return header.reads_access_token; });
}

bool inherit_provider(ngx_conf_t* cf, const LocationConf& parent, LocationConf& child)
{
    if (child.auth == LocationConf::Auth::unset) {
        child.auth =
            parent.auth == LocationConf::Auth::unset ? LocationConf::Auth::off : parent.auth;
        child.provider_name = parent.provider_name;
        child.provider_variable = parent.provider_variable;
        child.provider_is_capture = parent.provider_is_capture;
    }
    if (child.auth != LocationConf::Auth::provider) {
        return true;
    }
    child.provider = main_conf(cf).find(to_view(child.provider_name));
    if (child.provider == nullptr) {
        refuse(cf, "auth_oidc: there is no provider \"" + to_string(child.provider_name) +
                       "\"; write oidc_provider " + to_string(child.provider_name) +
                       " { issuer …; client_id …; client_secret …; } in http");
        return false;
    }
    return true;
}

/// Under which addresses the server's pages are known.
void note_base_url(ngx_conf_t* cf, const LocationConf& location)
{
    auto& urls =
        static_cast<ServerConf*>(ngx_http_conf_get_module_srv_conf(cf, ngx_http_ciam_module))
            ->base_urls;
    if (std::find(urls.begin(), urls.end(), location.base_url) == urls.end()) {
        urls.push_back(location.base_url);
    }
}

/// What must hold of a location once it has inherited. `is_own`: auth_oidc stands in its block.
char* check_location(ngx_conf_t* cf, const LocationConf& location, bool is_own)
{
    const bool is_off = location.auth == LocationConf::Auth::off;
    if (location.is_check && is_off) {
        return refuse(cf, "oidc_check needs to know whose customers to look for; write auth_oidc "
                          "with the name of an oidc_provider beside it");
    }
    check_bearer(location);
    if (!is_off && location.access_mode() == Mode::require) {
        warn_of_return(cf, is_own);
    }
    return NGX_CONF_OK;
}

template <class Function> void* create(ngx_conf_t* cf, Function make) noexcept
{
    try {
        return make();
    } catch (...) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "ciam: out of memory");
        return nullptr;
    }
}

} // namespace

void MainConf::add(std::unique_ptr<ProviderConf> provider)
{
    by_name.emplace(provider->client.provider, provider.get());
    providers.push_back(std::move(provider));
}

ProviderConf* MainConf::find(std::string_view name) const
{
    const auto found = by_name.find(name);
    return found == by_name.end() ? nullptr : found->second;
}

void* create_main_conf(ngx_conf_t* cf)
{
    return create(cf, [&] { return make_in<MainConf>(cf->pool); });
}

void* create_server_conf(ngx_conf_t* cf)
{
    return create(cf, [&] { return make_in<ServerConf>(cf->pool); });
}

void* create_location_conf(ngx_conf_t* cf)
{
    return create(cf, [&] { return make_in<LocationConf>(cf->pool); });
}

char* merge_server_conf(ngx_conf_t* cf, void* parent, void* child)
try {
    const auto& above = *static_cast<ServerConf*>(parent);
    auto& server = *static_cast<ServerConf*>(child);
    copy_names(cf, server);
    server.any_provider = server.any_provider || above.any_provider;
    server.provider_names.insert(server.provider_names.end(), above.provider_names.begin(),
                                 above.provider_names.end());
    set_endpoints(main_conf(cf), server);
    return NGX_CONF_OK;
} catch (const std::exception& error) {
    return refuse(cf, error.what());
}

char* merge_location_conf(ngx_conf_t* cf, void* parent, void* child)
try {
    const auto& above = *static_cast<LocationConf*>(parent);
    auto& location = *static_cast<LocationConf*>(child);
    const bool is_own = location.auth != LocationConf::Auth::unset;
    if (!inherit_provider(cf, above, location)) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    ngx_conf_merge_uint_value(location.mode, above.mode, static_cast<ngx_uint_t>(Mode::require));
    if (location.challenge == NGX_CONF_UNSET_UINT) {
        location.preflight_pass = above.preflight_pass;
    }
    ngx_conf_merge_uint_value(location.challenge, above.challenge,
                              static_cast<ngx_uint_t>(Challenge::automatic));
    if (location.base_url.empty()) {
        location.base_url = above.base_url;
    }
    if (!location.arguments_set) {
        location.arguments = above.arguments;
        location.arguments_set = above.arguments_set;
    }
    if (location.requirements.empty()) {
        location.requirements = above.requirements;
    }
    inherit_headers(above, location);
    if (!location.bearer_set) {
        location.bearer = above.bearer;
        location.bearer_set = above.bearer_set;
    }
    note_base_url(cf, location);
    return check_location(cf, location, is_own);
} catch (const std::exception& error) {
    return refuse(cf, error.what());
}

RedisConf* MainConf::redis_of(const ngx_shm_zone_t* zone) const
{
    const auto found = std::find_if(redis.begin(), redis.end(),
                                    [&](const auto& one) { return one->session_zone == zone; });
    return found == redis.end() ? nullptr : found->get();
}

std::string fold_header_name(std::string_view name)
{
    std::string folded;
    for (char c : name) {
        const auto lower = static_cast<char>(ngx_tolower(static_cast<u_char>(c)));
        const bool alphanumeric = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        folded.push_back(alphanumeric ? lower : '-');
    }
    return folded;
}

ngx_http_complex_value_t compile_value(ngx_conf_t* cf, ngx_str_t text)
{
    ngx_http_complex_value_t value{};
    ngx_http_compile_complex_value_t compile{};
    compile.cf = cf;
    compile.value = &text;
    compile.complex_value = &value;
    if (ngx_http_compile_complex_value(&compile) != NGX_OK) {
        throw base::Error{base::Fault::configuration,
                          "\"" + to_string(text) + "\" cannot be read as a value with variables"};
    }
    return value;
}

char* refuse(ngx_conf_t* cf, const std::string& sentence)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", sentence.c_str());
    return static_cast<char*>(NGX_CONF_ERROR);
}

void warn(ngx_conf_t* cf, const std::string& sentence)
{
    ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "%s", sentence.c_str());
}

} // namespace ciam::module
