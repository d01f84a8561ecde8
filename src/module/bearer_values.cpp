#include "module/bearer_values.hpp"

#include "base/error.hpp"
#include "module/directive_words.hpp"

#include <algorithm>

namespace ciam::module {
namespace {

constexpr base::Seconds longest_cache = 3600;

/// The words of auth_oidc_bearer.
class BearerWords {
public:
    void take(std::string_view word)
    {
        if (word.starts_with("audience=")) {
            rules_.token.audiences.push_back(value(word, "audience=https://api.example.com"));
        } else if (word.starts_with("scope=")) {
            rules_.token.scopes.push_back(value(word, "scope=orders:read"));
        } else if (word == "typ=any") {
            rules_.token.takes_untyped = true;
        } else if (word == "introspect") {
            rules_.introspect = true;
        } else if (word.starts_with("cache=")) {
            take_cache(word.substr(6));
        } else {
            wrong("auth_oidc_bearer takes off, or audience=, scope=, typ=any, introspect and "
                  "cache=; \"" +
                  std::string{word} + "\" is none of them");
        }
    }

    BearerRules rules() const
    {
        if (rules_.token.audiences.empty()) {
            wrong("auth_oidc_bearer needs to know for whom tokens are made, or it would take those "
                  "of any other service of the provider; write audience= with what stands in their "
                  "claim aud");
        }
        if (rules_.introspect && rules_.token.takes_untyped) {
            wrong("auth_oidc_bearer: with introspect the provider says what a token is; remove "
                  "typ=any");
        }
        if (has_cache_ && !rules_.introspect) {
            wrong("auth_oidc_bearer: cache= goes with introspect alone; remove it, or add "
                  "introspect");
        }
        return rules_;
    }

private:
    // RFC 6749 section 3.3: what a scope is made of; it stands in quotes in a header.
    static std::string value(std::string_view word, const char* example)
    {
        const auto text = word.substr(word.find('=') + 1);
        const auto is_plain = [](char c) {
            return c > ' ' && c < '\x7F' && c != '"' && c != '\\' && c != '$';
        };
        if (text.empty() || !std::all_of(text.begin(), text.end(), is_plain)) {
            wrong("auth_oidc_bearer takes one name after each = and no variable, such as " +
                  std::string{example});
        }
        return std::string{text};
    }

    void take_cache(std::string_view text)
    {
        auto time = to_ngx(text);
        const auto seconds = ngx_parse_time(&time, 1);
        if (seconds == NGX_ERROR || seconds < 1 || seconds > longest_cache) {
            wrong("auth_oidc_bearer takes a time from 1s to 1h after cache=, such as cache=60s: so "
                  "long a token is taken after the provider has revoked it");
        }
        rules_.cache = seconds;
        has_cache_ = true;
    }

    BearerRules rules_;
    bool has_cache_ = false;
};

void set_bearer(LocationConf& location, const ngx_str_t* words, ngx_uint_t count)
{
    if (location.bearer_set) {
        wrong("auth_oidc_bearer is there twice in this block; keep one");
    }
    location.bearer_set = true;
    if (count == 2 && to_view(words[1]) == "off") {
        return;
    }
    BearerWords read;
    for (ngx_uint_t i = 1; i < count; ++i) {
        read.take(to_view(words[i]));
    }
    location.bearer = std::make_shared<const BearerRules>(read.rules());
}

} // namespace

char* auth_oidc_bearer(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    try {
        set_bearer(*static_cast<LocationConf*>(conf), static_cast<ngx_str_t*>(cf->args->elts),
                   cf->args->nelts);
        return NGX_CONF_OK;
    } catch (const std::exception& error) {
        return refuse(cf, error.what());
    }
}

void check_bearer(const LocationConf& location)
{
    if (!location.bearer || !location.bearer->introspect || location.provider == nullptr) {
        return;
    }
    const auto& client = location.provider->client;
    const bool has_means =
        !client.client_secret.empty() || client.key.has_value() || client.has_certificate;
    if (client.authentication == oidc::Authentication::none || !has_means) {
        wrong("auth_oidc_bearer introspect: the provider has to be shown who asks; write "
              "client_secret, client_key or client_certificate in oidc_provider " +
              client.provider);
    }
}

} // namespace ciam::module
