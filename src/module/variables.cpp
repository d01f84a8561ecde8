#include "module/variables.hpp"

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "module/safe_uri.hpp"
#include "module/session_lookup.hpp"
#include "module/session_refresh.hpp"
#include "module/site.hpp"

#include <algorithm>
#include <array>

namespace ciam::module {
namespace {

constexpr std::string_view claim_prefix = "oidc_claim_";
constexpr std::string_view access_token_name = "oidc_access_token";
constexpr std::string_view header_token_name = "oidc_access_token_header";

/// A value that may be in any memory: copied, since a variable lives as long as the request.
ngx_int_t give(ngx_http_request_t* r, ngx_http_variable_value_t* value, std::string_view text)
{
    const auto copy = pool_copy(r->pool, text);
    value->data = copy.data;
    value->len = static_cast<unsigned>(copy.len) & 0x0fffffff;
    value->valid = 1;
    value->no_cacheable = 0;
    value->not_found = 0;
    return NGX_OK;
}

/// A value in the request's pool.
ngx_int_t give_kept(ngx_http_variable_value_t* value, std::string_view text)
{
    value->data = to_ngx(text).data;
    value->len = static_cast<unsigned>(text.size()) & 0x0fffffff;
    value->valid = 1;
    value->no_cacheable = 0;
    value->not_found = 0;
    return NGX_OK;
}

ngx_int_t give_nothing(ngx_http_variable_value_t* value)
{
    *value = ngx_http_variable_value_t{};
    value->not_found = 1;
    return NGX_OK;
}

/// A variable of a provider that cannot be chosen is absent; the access phase says why.
template <class Read>
ngx_int_t read(ngx_http_request_t* r, ngx_http_variable_value_t* value, Read get) noexcept
{
    try {
        context(r).is_read = true;
        return get();
    } catch (const base::Error&) {
        return give_nothing(value);
    } catch (const std::exception& error) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "ciam: variable: %s", error.what());
        return NGX_ERROR;
    }
}

ngx_int_t give_claim(ngx_http_request_t* r, ngx_http_variable_value_t* value, std::string_view key)
{
    return read(r, value, [&] {
        const auto* session = session_of(r);
        const auto claim = session != nullptr ? session->claim(key) : std::nullopt;
        return claim ? give_kept(value, *claim) : give_nothing(value);
    });
}

ngx_int_t claim_by_name(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t data)
{
    const auto* name = reinterpret_cast<ngx_str_t*>(data);
    return give_claim(r, value, to_view(*name).substr(claim_prefix.size()));
}

ngx_int_t claim_by_path(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t data)
{
    return give_claim(r, value, reinterpret_cast<const ClaimVariable*>(data)->key);
}

ngx_int_t authenticated(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t)
{
    return read(r, value, [&] { return give_kept(value, session_of(r) != nullptr ? "1" : ""); });
}

ngx_int_t provider(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t)
{
    return read(r, value, [&] {
        const auto* chosen = session_provider(r);
        return chosen != nullptr ? give_kept(value, chosen->client.provider) : give_nothing(value);
    });
}

ngx_int_t subject(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t)
{
    return read(r, value, [&] {
        const auto* session = session_of(r);
        return session != nullptr ? give_kept(value, session->subject()) : give_nothing(value);
    });
}

/// Empty where the provider has no login_uri: there is no address that always leads to the login.
ngx_int_t login_url(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t)
{
    return read(r, value, [&] {
        const auto* chosen = session_provider(r);
        if (chosen == nullptr || chosen->login_path.empty()) {
            return give_nothing(value);
        }
        return give(r, value,
                    site_of(r->main, *chosen).base_url + chosen->login_path +
                        "?return_to=" + base::percent_encode(to_view(r->main->unparsed_uri)));
    });
}

template <std::string flow::SessionTokens::*token>
ngx_int_t token_value(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t)
{
    return read(r, value, [&] {
        const auto* tokens = tokens_of(r);
        return tokens != nullptr && !(tokens->*token).empty() ? give(r, value, tokens->*token)
                                                              : give_nothing(value);
    });
}

/// One that has expired and could not be refreshed is not passed on.
ngx_int_t access_token(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t data)
{
    return read(r, value, [&] {
        return lacks_token(r) ? give_nothing(value)
                              : token_value<&flow::SessionTokens::access_token>(r, value, data);
    });
}

ngx_int_t expires_in(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t)
{
    return read(r, value, [&] {
        const auto* session = session_of(r);
        if (session == nullptr || session->token_expiry() == 0) {
            return give_nothing(value);
        }
        const auto left = std::max<base::Seconds>(session->token_expiry() - ngx_time(), 0);
        return give(r, value, std::to_string(left));
    });
}

ngx_int_t error_code(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t)
{
    return read(r, value, [&] { return give_kept(value, refresh_error(r)); });
}

ngx_int_t safe_request_uri(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t)
{
    return read(r, value, [&] { return give(r, value, safe_uri(r)); });
}

bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/// "$name" or "${name", and no longer name.
bool is_variable(std::string_view text, std::size_t at, std::size_t size)
{
    const auto before = text.substr(0, at);
    const auto after = text.substr(at + size);
    return (before.ends_with('$') || before.ends_with("${")) &&
           (after.empty() || !is_name_character(after.front()));
}

ngx_http_variable_t variable(std::string_view name, ngx_http_get_variable_pt get, ngx_uint_t flags)
{
    return {to_ngx(name), nullptr, get, 0, NGX_HTTP_VAR_NOCACHEABLE | flags, 0};
}

} // namespace

ngx_int_t add_variables(ngx_conf_t* cf)
{
    std::array variables{
        variable("oidc_id_token", token_value<&flow::SessionTokens::id_token>, 0),
        variable("oidc_access_token", access_token, 0),
        variable(header_token_name, access_token, 0),
        variable("oidc_userinfo", token_value<&flow::SessionTokens::userinfo>, 0),
        variable("oidc_authenticated", authenticated, 0),
        variable("oidc_provider", provider, 0),
        variable("oidc_subject", subject, 0),
        variable("oidc_login_url", login_url, 0),
        variable("oidc_expires_in", expires_in, 0),
        variable("oidc_error_code", error_code, 0),
        variable("oidc_safe_request_uri", safe_request_uri, 0),
        variable(claim_prefix, claim_by_name, NGX_HTTP_VAR_PREFIX),
    };
    for (auto& ours : variables) {
        auto* added = ngx_http_add_variable(cf, &ours.name, ours.flags);
        if (added == nullptr) {
            return NGX_ERROR;
        }
        added->get_handler = ours.get_handler;
    }
    return NGX_OK;
}

void add_claim_variable(ngx_conf_t* cf, const ClaimVariable& claim)
{
    auto text = to_ngx(claim.name);
    auto* added = ngx_http_add_variable(cf, &text, NGX_HTTP_VAR_NOCACHEABLE);
    if (added == nullptr || added->get_handler != nullptr) {
        throw base::Error{base::Fault::configuration,
                          "oidc_claim_set: the variable $" + claim.name +
                              " is set elsewhere too; choose another name"};
    }
    added->get_handler = claim_by_path;
    added->data = reinterpret_cast<uintptr_t>(&claim);
}

std::optional<ngx_str_t> mark_access_token(ngx_conf_t* cf, const ngx_str_t& text)
{
    std::string marked{to_view(text)};
    std::string lowered = marked;
    auto* bytes = reinterpret_cast<u_char*>(lowered.data());
    ngx_strlow(bytes, bytes, lowered.size());
    bool is_there = false;
    // From the end, so that places before stay where they are.
    for (auto at = lowered.rfind(access_token_name); at != lowered.npos && at != 0;
         at = lowered.rfind(access_token_name, at - 1)) {
        if (is_variable(lowered, at, access_token_name.size())) {
            marked.replace(at, access_token_name.size(), header_token_name);
            is_there = true;
        }
    }
    return is_there ? std::optional{pool_copy(cf->pool, marked)} : std::nullopt;
}

UsedVariables used_variables(ngx_conf_t* cf)
{
    const auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    const auto* variables = static_cast<ngx_http_variable_t*>(core->variables.elts);
    UsedVariables used;
    for (ngx_uint_t i = 0; i < core->variables.nelts; ++i) {
        const auto name = to_view(variables[i].name);
        used.names.emplace_back(name);
        if (name.starts_with(claim_prefix)) {
            used.claims.emplace_back(name.substr(claim_prefix.size()));
        }
        used.id_token = used.id_token || name == "oidc_id_token";
        used.access_token = used.access_token || name == access_token_name;
        used.access_token_header = used.access_token_header || name == header_token_name;
        used.userinfo = used.userinfo || name == "oidc_userinfo";
    }
    return used;
}

} // namespace ciam::module
