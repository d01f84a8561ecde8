#include "module/main_values.hpp"

#include "base/error.hpp"
#include "module/conf.hpp"
#include "module/provider_values.hpp"
#include "module/variables.hpp"
#include "module/zones.hpp"

namespace ciam::module {
namespace {

SessionZonePlan parse_zone(std::string_view directive, std::string_view text)
{
    const auto colon = text.rfind(':');
    const std::string example = std::string{directive} + " zone=customers:32m;";
    if (colon == text.npos || colon == 0) {
        wrong(std::string{directive} + " takes zone=name:size; write " + example);
    }
    auto digits = to_ngx(text.substr(colon + 1));
    const auto size = ngx_parse_size(&digits);
    if (size < static_cast<ssize_t>(smallest_session_zone)) {
        wrong("the zone of " + std::string{directive} + " needs at least 128k; write " + example);
    }
    return {std::string{text.substr(0, colon)}, static_cast<std::size_t>(size), {}, {}};
}

template <class Setter> char* set(ngx_conf_t* cf, void* conf, Setter setter) noexcept
{
    try {
        const auto* words = static_cast<ngx_str_t*>(cf->args->elts);
        setter(*static_cast<MainConf*>(conf), DirectiveWords(words, words + cf->args->nelts));
        return NGX_CONF_OK;
    } catch (const std::exception& error) {
        return refuse(cf, error.what());
    }
}

/// The parameters of oidc_session_zone, each once.
class ZoneWords {
public:
    void take(ngx_conf_t* cf, std::string_view word)
    {
        if (word.starts_with("zone=") && plan_.name.empty()) {
            auto zone = parse_zone("oidc_session_zone", word.substr(5));
            plan_.name = std::move(zone.name);
            plan_.bytes = zone.bytes;
        } else if (word.starts_with("file=") && plan_.file.empty()) {
            plan_.file = word.substr(5);
        } else if (word.starts_with("snapshot=") && plan_.snapshot.empty()) {
            plan_.snapshot = word.substr(9);
        } else if (!redis_.take(cf, word)) {
            wrong("oidc_session_zone takes zone=name:size, file=path, snapshot=path and redis=, "
                  "each once; write oidc_session_zone zone=customers:32m;");
        }
    }

    void add(ngx_conf_t* cf)
    {
        if (plan_.name.empty()) {
            wrong("oidc_session_zone takes zone=name:size; write oidc_session_zone "
                  "zone=customers:32m;");
        }
        if (redis_.any() && !plan_.snapshot.empty()) {
            wrong("oidc_session_zone takes either snapshot= or redis=, which keeps sessions as "
                  "well");
        }
        auto* zone = add_session_zone(cf, std::move(plan_));
        if (redis_.any()) {
            add_redis(cf, zone, redis_.finish());
        }
    }

private:
    SessionZonePlan plan_;
    RedisWords redis_;
};

void keyval_option(ngx_conf_t* cf, std::string_view word)
{
    if (word == "sync" || word.starts_with("sync=")) {
        wrong("keyval_zone … sync is not provided; remove sync, and where machines share sessions, "
              "write "
              "oidc_session_zone zone=customers:32m redis=redis://host:6379/0;");
    }
    if (word.starts_with("state=")) {
        warn(cf,
             "keyval_zone state= is not used; sessions that are kept over a restart are those of "
             "oidc_session_zone zone=customers:32m file=/dev/shm/oidc-customers;");
        return;
    }
    if (!word.starts_with("timeout=") && !word.starts_with("type=")) {
        wrong("keyval_zone takes zone=name:size, and of Plus' other parameters state=, timeout= "
              "and type=; \"" +
              std::string{word} + "\" is none of them");
    }
}

} // namespace

char* oidc_session_zone(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    return set(cf, conf, [&](MainConf&, const DirectiveWords& words) {
        ZoneWords zone;
        for (std::size_t i = 1; i < words.size(); ++i) {
            zone.take(cf, to_view(words[i]));
        }
        zone.add(cf);
    });
}

char* keyval_zone(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    return set(cf, conf, [&](MainConf&, const DirectiveWords& words) {
        std::optional<SessionZonePlan> zone;
        for (std::size_t i = 1; i < words.size(); ++i) {
            const auto word = to_view(words[i]);
            if (word.starts_with("zone=")) {
                zone = parse_zone("keyval_zone", word.substr(5));
            } else {
                keyval_option(cf, word);
            }
        }
        if (!zone) {
            wrong("keyval_zone takes zone=name:size; write keyval_zone zone=customers:32m;");
        }
        add_session_zone(cf, std::move(*zone));
    });
}

char* oidc_claim_set(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    return set(cf, conf, [&](MainConf& main, const DirectiveWords& words) {
        const auto name = to_view(words[1]);
        if (name.size() < 2 || name.front() != '$') {
            wrong("oidc_claim_set takes a variable and the claim's path; write oidc_claim_set "
                  "$postal_code address "
                  "postal_code;");
        }
        auto claim = std::make_unique<ClaimVariable>();
        for (std::size_t i = 2; i < words.size(); ++i) {
            claim->path.push_back(to_string(words[i]));
            claim->key += claim_path_separator + claim->path.back();
        }
        claim->name = name.substr(1);
        add_claim_variable(cf, *claim);
        main.claim_variables.push_back(std::move(claim));
    });
}

char* auth_jwt_claim_set(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    return set(cf, conf, [&](MainConf&, const DirectiveWords& words) {
        std::string line = "oidc_claim_set";
        for (std::size_t i = 1; i < words.size(); ++i) {
            line += ' ' + to_string(words[i]);
        }
        wrong("auth_jwt_claim_set is not provided; write " + line + ";");
    });
}

char* secret_key_file(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    return set(cf, conf, [&](MainConf& main, const DirectiveWords& words) {
        if (!main.secret_keys.empty()) {
            wrong("secret_key_file is there twice in http; keep one");
        }
        main.secret_keys = read_secret_keys(cf, words);
    });
}

} // namespace ciam::module
