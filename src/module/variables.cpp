#include "module/variables.hpp"

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "module/safe_uri.hpp"
#include "module/session_lookup.hpp"
#include "module/site.hpp"

#include <array>

namespace ciam::module {
namespace {

constexpr std::string_view claim_prefix = "oidc_claim_";

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

ngx_int_t safe_request_uri(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t)
{
    return read(r, value, [&] { return give(r, value, safe_uri(r)); });
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
        variable("oidc_access_token", token_value<&flow::SessionTokens::access_token>, 0),
        variable("oidc_userinfo", token_value<&flow::SessionTokens::userinfo>, 0),
        variable("oidc_authenticated", authenticated, 0),
        variable("oidc_provider", provider, 0),
        variable("oidc_subject", subject, 0),
        variable("oidc_login_url", login_url, 0),
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
        used.access_token = used.access_token || name == "oidc_access_token";
        used.userinfo = used.userinfo || name == "oidc_userinfo";
    }
    return used;
}

} // namespace ciam::module
