// What an oidc_session_zone says of the Redis behind it.
#pragma once

#include "base/redis_url.hpp"
#include "base/secret.hpp"
#include "module/nginx.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ciam::module {

struct RedisConf {
    base::RedisUrl url;
    base::Secret password; // read by the master; empty: none
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
    RedisConf conf_;
    std::string user_;
    std::vector<std::string> seen_;
};

} // namespace ciam::module
