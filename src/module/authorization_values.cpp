#include "module/authorization_values.hpp"

#include "base/error.hpp"
#include "oidc/authorization.hpp"
#include "oidc/claims_request.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace ciam::module {
namespace {

template <class Value> struct Choice {
    std::string_view word;
    Value value;
};

template <class Value, std::size_t count>
Value choose(const DirectiveWords& words, const std::array<Choice<Value>, count>& choices)
{
    std::string all;
    for (const auto& choice : choices) {
        if (to_view(words[1]) == choice.word) {
            return choice.value;
        }
        const bool is_last = choice.word == choices.back().word;
        all += (all.empty() ? "" : is_last ? " or " : ", ") + std::string{choice.word};
    }
    wrong(to_string(words[0]) + " takes " + all);
}

/// RFC 8707 section 2: an absolute URI (RFC 3986 section 4.3), so one without a fragment.
bool is_absolute_uri(std::string_view text)
{
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto is_of_scheme = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    };
    const auto is_of_uri = [](char c) { return c > ' ' && c < '\x7F' && c != '#' && c != '\\'; };
    const auto scheme = text.substr(0, text.find(':'));
    return !scheme.empty() && is_letter(scheme.front()) && scheme.size() + 1 < text.size() &&
           std::all_of(scheme.begin(), scheme.end(), is_of_scheme) &&
           std::all_of(text.begin(), text.end(), is_of_uri);
}

/// A parameter that a directive of ours has said already must not come a second time.
void require_unset(const ProviderConf& provider, std::string_view directive, std::string_view name)
{
    const auto& arguments = provider.extra_arguments;
    const bool is_set = provider.client.extra_auth_args.has(name) ||
                        std::any_of(arguments.begin(), arguments.end(),
                                    [name](const auto& argument) { return argument.name == name; });
    if (provider.says(directive) && is_set) {
        wrong("oidc_provider " + provider.client.provider + " sets " + std::string{name} +
              " in extra_auth_args and by the directive " + std::string{directive} + "; keep one");
    }
}

} // namespace

void check_argument(const std::string& directive, const std::string& name, std::string_view value)
{
    if (oidc::is_reserved_authorization_parameter(name)) {
        wrong(directive + " may not set " + name + ": the module sets it itself");
    }
    if (value.find('$') != value.npos) {
        return;
    }
    if (name == "max_age" && !oidc::parse_max_age(value)) {
        wrong(directive + " max_age takes a number of seconds, such as max_age=300");
    }
    if (name == "claims") {
        try {
            oidc::parse_claims_request(value);
        } catch (const base::Error& error) {
            wrong(directive + " claims " + error.what());
        }
    }
}

void set_audience(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    if (words[1].len == 0) {
        wrong("audience takes a value, such as audience https://api.example.com;");
    }
    provider.audience = to_string(words[1]);
}

void set_claims_parameter(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.claims_parameter = to_string(words[1]);
    try {
        provider.requested_claims = oidc::parse_claims_request(provider.claims_parameter).names;
    } catch (const base::Error& error) {
        wrong(std::string{"claims_parameter "} + error.what());
    }
}

void set_extra_auth_args(ngx_conf_t* cf, ProviderConf& provider, const DirectiveWords& words)
{
    std::set<std::string> names;
    for (const auto& [name, value] : base::Parameters::parse(to_view(words[1]))) {
        check_argument("extra_auth_args", name, value);
        if (!names.insert(name).second) {
            wrong("extra_auth_args sets " + name + " twice; keep one");
        }
        auto text = pool_copy(cf->pool, value);
        if (ngx_http_script_variables_count(&text) == 0) {
            provider.client.extra_auth_args.add(name, value);
            continue;
        }
        provider.extra_arguments.push_back({name, compile_value(cf, text)});
    }
}

void set_initiate_login_uri(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.initiate_login_path = own_path(words, to_view(words[1]));
}

void set_par(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    using oidc::Par;
    provider.client.par =
        choose(words, std::array{Choice<Par>{"on", Par::on}, Choice<Par>{"off", Par::off},
                                 Choice<Par>{"auto", Par::automatic}});
}

void set_pkce(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    using oidc::Pkce;
    provider.client.pkce =
        choose(words, std::array{Choice<Pkce>{"on", Pkce::on}, Choice<Pkce>{"off", Pkce::off},
                                 Choice<Pkce>{"auto", Pkce::automatic}});
}

void set_resource(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    auto& resources = provider.client.resources;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto text = to_string(words[i]);
        if (!is_absolute_uri(text)) {
            wrong("resource takes absolute URIs without \"#\" (RFC 8707), such as resource "
                  "https://api.example.com;");
        }
        if (std::find(resources.begin(), resources.end(), text) != resources.end()) {
            wrong("resource has " + text + " twice; keep one");
        }
        resources.push_back(text);
    }
}

void set_response_mode(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    using oidc::ResponseMode;
    provider.client.response_mode =
        choose(words, std::array{Choice<ResponseMode>{"query", ResponseMode::query},
                                 Choice<ResponseMode>{"form_post", ResponseMode::form_post}});
}

void finish_authorization(ProviderConf& provider)
{
    require_unset(provider, "audience", "audience");
    require_unset(provider, "claims_parameter", "claims");
    require_unset(provider, "resource", "resource");
    auto& arguments = provider.client.extra_auth_args;
    if (!provider.audience.empty()) {
        arguments.add("audience", provider.audience);
    }
    if (!provider.claims_parameter.empty()) {
        arguments.add("claims", provider.claims_parameter);
    }
    for (const auto& resource : provider.client.resources) {
        arguments.add("resource", resource);
    }
    oidc::asked_authentication(provider.client, nullptr); // throws where it can't be checked later
}

} // namespace ciam::module
