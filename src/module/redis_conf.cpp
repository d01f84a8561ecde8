#include "module/redis_conf.hpp"

#include "module/provider_values.hpp"

#include <algorithm>
#include <optional>

namespace ciam::module {
namespace {

constexpr std::size_t longest_prefix = 64;

ngx_msec_t time_of(std::string_view name, std::string_view value)
{
    auto text = to_ngx(value);
    const auto time = ngx_parse_time(&text, 0);
    if (time == NGX_ERROR || time == 0) {
        wrong(std::string{name} + " takes a time; write " + std::string{name} + "10m");
    }
    return static_cast<ngx_msec_t>(time);
}

base::Secret password_in(ngx_conf_t* cf, std::string_view file)
{
    std::string text = read_conf_file(cf, {to_ngx("redis_password_file="), to_ngx(file)});
    text.erase(
        std::find_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }),
        text.end());
    if (text.empty()) {
        wrong("redis_password_file= takes a file whose first line is the password");
    }
    return base::Secret{std::move(text)};
}

std::string file_of(ngx_conf_t* cf, const std::string& name, std::string_view file)
{
    return conf_path(cf, {to_ngx(name), to_ngx(file)});
}

std::string prefix_of(std::string_view text)
{
    const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c < 0x7f &&
               std::string_view{"*?[]\\{}"}.find(c) == std::string_view::npos;
    });
    if (text.empty() || text.size() > longest_prefix || !is_plain) {
        wrong("redis_prefix= takes up to 64 characters without space, braces and wildcards; write "
              "redis_prefix=ciam:");
    }
    return std::string{text};
}

} // namespace

bool RedisWords::take(ngx_conf_t* cf, std::string_view word)
{
    const auto equals = word.find('=');
    const std::string name{word.substr(0, equals + 1)};
    const auto value = word.substr(std::min(equals, word.size() - 1) + 1);
    if (name == "redis=") {
        conf_.url = base::RedisUrl::parse(value);
    } else if (name == "redis_user=") {
        user_ = value;
    } else if (name == "redis_password_file=") {
        conf_.password = password_in(cf, value);
    } else if (name == "redis_ca=") {
        ca_file_ = file_of(cf, name, value);
    } else if (name == "redis_certificate=") {
        certificate_file_ = file_of(cf, name, value);
    } else if (name == "redis_key=") {
        key_file_ = file_of(cf, name, value);
    } else if (name == "redis_prefix=") {
        conf_.prefix = prefix_of(value);
    } else if (name == "redis_recheck=") {
        conf_.recheck = time_of(name, value);
    } else if (name == "redis_grace=") {
        conf_.grace = time_of(name, value);
    } else {
        return false;
    }
    if (std::find(seen_.begin(), seen_.end(), name) != seen_.end()) {
        wrong("oidc_session_zone has " + name + " twice; keep one");
    }
    seen_.push_back(name);
    return true;
}

RedisConf RedisWords::finish()
{
    if (conf_.url.places.empty()) {
        wrong("oidc_session_zone has " + seen_.front() +
              " without redis=; write redis=redis://host:6379/0");
    }
    settle_user();
    settle_tls();
    return std::move(conf_);
}

void RedisWords::settle_user()
{
    if (!user_.empty() && !conf_.url.user.empty()) {
        wrong("oidc_session_zone names the user of Redis twice; keep redis_user= or the one in "
              "redis=");
    }
    if (!user_.empty()) {
        conf_.url.user = user_;
    }
    if (!conf_.url.user.empty() && conf_.password.empty()) {
        wrong("a user of Redis needs his password; write "
              "redis_password_file=/etc/nginx/redis.password");
    }
}

void RedisWords::settle_tls()
{
    const bool any = !ca_file_.empty() || !certificate_file_.empty() || !key_file_.empty();
    if (any && !conf_.url.tls) {
        wrong("redis_ca=, redis_certificate= and redis_key= are of TLS; write "
              "redis=rediss://host:6379/0, or take them out");
    }
    if (certificate_file_.empty() != key_file_.empty()) {
        wrong("redis_certificate= and redis_key= go together; write both, or none");
    }
    if (!conf_.url.tls) {
        return;
    }
    const io::TlsTrust trust{ca_file_, {}};
    std::optional<io::TlsIdentity> identity;
    if (!key_file_.empty()) {
        identity.emplace(certificate_file_, key_file_, "redis_certificate=");
    }
    conf_.tls = std::make_unique<io::TlsClient>(trust, identity ? &*identity : nullptr);
}

} // namespace ciam::module
