// Where Redis (or Valkey) is, as the configuration says it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ciam::base {

struct RedisPlace {
    std::string host; // lower case; an IPv6 literal keeps its brackets. Empty: `path` counts
    std::uint16_t port = 0;
    std::string path; // of a unix socket

    /// For messages: "host:port" or "unix:/path".
    std::string text() const;
};

struct RedisUrl {
    std::vector<RedisPlace> places; // the server itself, or the Sentinels
    std::string master;             // what the Sentinels call it; empty: there are none
    std::string user;               // of the server's ACL; empty: the default one
    unsigned database = 0;
    bool tls = false; // the places, and the master that Sentinels name

    /// redis://[user@]host[:port][/database], unix:/path[?db=database],
    /// redis+sentinel://[user@]host[:port],host[:port],.../master[/database]; with TLS rediss://
    /// and rediss+sentinel://.
    /// Throws Error{Fault::configuration} with a sentence that says what to write instead.
    static RedisUrl parse(std::string_view text);
};

} // namespace ciam::base
