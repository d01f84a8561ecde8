#include "module/location_values.hpp"

#include "base/cookie.hpp"
#include "base/error.hpp"
#include "base/url.hpp"
#include "module/authorization_values.hpp"
#include "module/conf.hpp"
#include "module/variables.hpp"

#include <algorithm>
#include <array>

namespace ciam::module {
namespace {

DirectiveWords words_of(const ngx_conf_t* cf)
{
    const auto* words = static_cast<ngx_str_t*>(cf->args->elts);
    return {words, words + cf->args->nelts};
}

/// One guard for all setters: what they throw becomes nginx's message with file and line.
template <class Setter> char* set(ngx_conf_t* cf, void* conf, Setter setter) noexcept
{
    try {
        setter(*static_cast<LocationConf*>(conf), words_of(cf));
        return NGX_CONF_OK;
    } catch (const std::exception& error) {
        return refuse(cf, error.what());
    }
}

void once(bool fresh, const DirectiveWords& words)
{
    if (!fresh) {
        wrong(to_string(words[0]) + " is there twice in this block; keep one");
    }
}

/// Names that nginx reads itself or that frame the message: set for a backend they would change
/// what nginx does, and removed from what clients send they would break it.
bool is_refused_header(const std::string& folded)
{
    static constexpr std::array names{"host",
                                      "cookie",
                                      "connection",
                                      "content-length",
                                      "content-type",
                                      "content-range",
                                      "transfer-encoding",
                                      "te",
                                      "trailer",
                                      "upgrade",
                                      "expect",
                                      "range",
                                      "if-range",
                                      "if-modified-since",
                                      "if-unmodified-since",
                                      "if-match",
                                      "if-none-match",
                                      "keep-alive",
                                      "user-agent",
                                      "referer",
                                      "accept",
                                      "accept-encoding",
                                      "accept-language",
                                      "via",
                                      "depth",
                                      "destination",
                                      "overwrite",
                                      "date",
                                      "x-forwarded-for",
                                      "x-real-ip",
                                      "proxy-connection",
                                      "proxy"};
    return std::find(names.begin(), names.end(), folded) != names.end();
}

Encode encoding_of(const DirectiveWords& words)
{
    if (words.size() < 4 || to_view(words[3]) == "encode=raw") {
        return Encode::raw;
    }
    if (to_view(words[3]) == "encode=urlencode") {
        return Encode::urlencode;
    }
    if (to_view(words[3]) != "encode=base64url") {
        wrong("oidc_set_header takes encode=raw, encode=urlencode or encode=base64url after the "
              "value; "
              "put a value with spaces in quotes");
    }
    return Encode::base64url;
}

/// The index of the variable when `text` is one and nothing else; such a value is passed on without
/// being put together first.
ngx_int_t only_variable(ngx_conf_t* cf, const ngx_str_t& text)
{
    auto name = to_view(text);
    if (name.size() < 2 || name.front() != '$') {
        return NGX_ERROR;
    }
    name.remove_prefix(1);
    const bool is_name = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
    const bool is_capture = name.front() >= '0' && name.front() <= '9';
    auto found = to_ngx(name);
    return is_name && !is_capture ? ngx_http_get_variable_index(cf, &found) : NGX_ERROR;
}

SetHeader header_of(ngx_conf_t* cf, const DirectiveWords& words)
{
    const auto name = to_string(words[1]);
    const auto folded = fold_header_name(name);
    if (!base::is_cookie_name(name)) {
        wrong("oidc_set_header takes a header name, such as X-Customer-Email");
    }
    if (is_refused_header(folded)) {
        wrong("oidc_set_header may not set " + name +
              ", which nginx reads itself; choose a name of your own, such as X-Customer-Email");
    }
    SetHeader header{};
    header.name = words[1];
    header.lowcase = pool_copy(cf->pool, name);
    ngx_strlow(header.lowcase.data, header.lowcase.data, header.lowcase.len);
    header.hash = ngx_hash_key(header.lowcase.data, header.lowcase.len);
    header.folded = folded;
    const auto marked = mark_access_token(cf, words[2]);
    const auto text = marked.value_or(words[2]);
    header.reads_access_token = marked.has_value();
    header.value = compile_value(cf, text);
    header.only_variable = only_variable(cf, text);
    header.encode = encoding_of(words);
    return header;
}

void remember_identity_header(MainConf& main, const SetHeader& header)
{
    if (header.folded == "authorization") {
        main.authorization_marks.push_back(header.lowcase.data);
        return;
    }
    auto& names = main.identity_headers;
    if (std::find(names.begin(), names.end(), header.folded) == names.end()) {
        names.push_back(header.folded);
    }
}

Argument argument_of(ngx_conf_t* cf, const ngx_str_t& word)
{
    const auto text = to_view(word);
    const auto equals = text.find('=');
    if (equals == text.npos || equals == 0) {
        wrong("auth_oidc_args takes name=value, such as ui_locales=de");
    }
    const std::string name{text.substr(0, equals)};
    const auto value = text.substr(equals + 1);
    check_argument("auth_oidc_args", name, value);
    return {name, compile_value(cf, to_ngx(value))};
}

void add_argument(std::vector<Argument>& arguments, Argument argument)
{
    for (const auto& other : arguments) {
        if (other.name == argument.name) {
            wrong("auth_oidc_args sets " + argument.name + " twice; keep one");
        }
    }
    arguments.push_back(std::move(argument));
}

ngx_uint_t status_of(std::string_view text)
{
    auto word = to_ngx(text);
    const auto status = ngx_atoi(word.data, word.len);
    if (status < 400 || status > 599 || status == NGX_HTTP_CLOSE) {
        wrong("auth_require takes error= with a status from 400 to 599, such as error=403");
    }
    return static_cast<ngx_uint_t>(status);
}

bool holds_capture(std::string_view text)
{
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        const char next = text[i + 1] == '{' && i + 2 < text.size() ? text[i + 2] : text[i + 1];
        if (text[i] == '$' && next >= '1' && next <= '9') {
            return true;
        }
    }
    return false;
}

} // namespace

char* auth_oidc(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    return set(cf, conf, [&](LocationConf& location, const DirectiveWords& words) {
        once(location.auth == LocationConf::Auth::unset, words);
        auto& server =
            *static_cast<ServerConf*>(ngx_http_conf_get_module_srv_conf(cf, ngx_http_ciam_module));
        auto name = words[1];
        if (name.len == 0) {
            wrong("auth_oidc takes the name of an oidc_provider, a variable, or off");
        }
        if (to_view(name) == "off") {
            location.auth = LocationConf::Auth::off;
        } else if (ngx_http_script_variables_count(&name) > 0) {
            location.auth = LocationConf::Auth::variable;
            location.provider_variable = compile_value(cf, name);
            location.provider_is_capture = holds_capture(to_view(name));
            server.any_provider = true;
        } else {
            location.auth = LocationConf::Auth::provider;
            location.provider_name = name;
            server.provider_names.push_back(name);
        }
    });
}

char* auth_oidc_mode(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    return set(cf, conf, [](LocationConf& location, const DirectiveWords& words) {
        once(location.mode == NGX_CONF_UNSET_UINT, words);
        const auto value = to_view(words[1]);
        if (value != "require" && value != "optional") {
            wrong("auth_oidc_mode takes require or optional; to switch login off write auth_oidc "
                  "off;");
        }
        location.mode =
            static_cast<ngx_uint_t>(value == "require" ? Mode::require : Mode::optional);
    });
}

char* auth_oidc_challenge(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    return set(cf, conf, [](LocationConf& location, const DirectiveWords& words) {
        once(location.challenge == NGX_CONF_UNSET_UINT, words);
        const auto value = to_view(words[1]);
        if (value != "auto" && value != "redirect" && value != "401") {
            wrong("auth_oidc_challenge takes auto, redirect or 401");
        }
        if (words.size() > 2 && to_view(words[2]) != "preflight=pass") {
            wrong("auth_oidc_challenge takes preflight=pass after auto, redirect or 401");
        }
        const auto challenge = value == "auto"       ? Challenge::automatic
                               : value == "redirect" ? Challenge::redirect
                                                     : Challenge::unauthorized;
        location.challenge = static_cast<ngx_uint_t>(challenge);
        location.preflight_pass = words.size() > 2;
    });
}

char* auth_oidc_args(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    return set(cf, conf, [&](LocationConf& location, const DirectiveWords& words) {
        for (std::size_t i = 1; i < words.size(); ++i) {
            add_argument(location.arguments, argument_of(cf, words[i]));
        }
        location.arguments_set = true;
    });
}

char* auth_require(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    return set(cf, conf, [&](LocationConf& location, const DirectiveWords& words) {
        Requirement requirement;
        for (std::size_t i = 1; i < words.size(); ++i) {
            auto word = words[i];
            if (to_view(word).starts_with("error=")) {
                requirement.status = status_of(to_view(word).substr(6));
                continue;
            }
            if (ngx_http_script_variables_count(&word) == 0) {
                wrong("auth_require takes variables, such as auth_require $is_member; \"" +
                      to_string(word) + "\" holds none");
            }
            requirement.values.push_back(compile_value(cf, word));
        }
        if (requirement.values.empty()) {
            wrong("auth_require takes at least one variable, such as auth_require $is_member;");
        }
        location.requirements.push_back(std::move(requirement));
    });
}

char* oidc_set_header(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    return set(cf, conf, [&](LocationConf& location, const DirectiveWords& words) {
        auto header = header_of(cf, words);
        auto same = [&](const SetHeader& other) { return other.folded == header.folded; };
        if (std::any_of(location.headers.begin(), location.headers.end(), same)) {
            wrong("oidc_set_header " + to_string(header.name) +
                  " is there twice in this block (backends may read both names as one); keep one");
        }
        remember_identity_header(main_conf(cf), header);
        location.headers.push_back(std::move(header));
    });
}

char* oidc_base_url(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    return set(cf, conf, [](LocationConf& location, const DirectiveWords& words) {
        once(location.base_url.empty(), words);
        const auto url = base::Url::parse(to_view(words[1]));
        if (!url || url->path != "/" || !url->query.empty()) {
            wrong(
                "oidc_base_url takes scheme, host and port of the site as browsers see it, such as "
                "oidc_base_url https://shop.example.com;");
        }
        if (url->scheme != "https" && !url->is_loopback()) {
            wrong("oidc_base_url must be https: without it anybody on the way can take the "
                  "session; http is for "
                  "a loopback host alone");
        }
        location.base_url = url->origin();
    });
}

} // namespace ciam::module
