// What an oidc_session_zone says of the Redis behind it.
#pragma once

#include "base/redis_url.hpp"
#include "base/secret.hpp"
#include "io/tls_client.hpp"
#include "module/nginx.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ciam::module {

struct RedisConf {
    base::RedisUrl url;
    base::Secret password;              // read by the master; empty: none
    std::unique_ptr<io::TlsClient> tls; // made by the master, too; null: without
    std::string prefix = "ciam:";
    ngx_msec_t recheck = 60 * 1000;
    ngx_msec_t grace = 10 * 60 * 1000;
    ngx_shm_zone_t* session_zone = nullptr;
    ngx_shm_zone_t* queue_zone = nullptr; // of deletions that Redis has still to hear of
};

/// The parameters of an oidc_session_zone that are about Redis, as they stand there.
class RedisWords {
public:
    /// False: the word is none of ours. Throws base::Error{Fault::configuration}.
    bool take(ngx_conf_t* cf, std::string_view word);

    bool any() const { return !seen_.empty(); }

    /// What they say together. Throws base::Error{Fault::configuration}.
    RedisConf finish();

private:
    void settle_user();
    void settle_tls();

    RedisConf conf_;
    std::string user_;
    std::string ca_file_; // empty: the authorities of this system
    std::string certificate_file_;
    std::string key_file_;
    std::vector<std::string> seen_;
};

} // namespace ciam::module
