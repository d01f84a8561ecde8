// From a place in the configuration to addresses of sockets, without a wait.
#pragma once

#include "base/redis_url.hpp"
#include "io/resolve.hpp"

#include <optional>
#include <sys/socket.h>

namespace ciam::io {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    const sockaddr* get() const
    {
        return static_cast<const sockaddr*>(static_cast<const void*>(&storage));
    }
};

/// Of a numeric address ("192.0.2.1", "[2001:db8::1]", "2001:db8::1") or of localhost.
std::optional<SocketAddress> address_of(const std::string& host, std::uint16_t port);

/// "2001:db8::1" of "[2001:db8::1]"; other hosts as they are.
std::string without_brackets(const std::string& host);

SocketAddress unix_address(const std::string& path);

class PlaceLookup {
public:
    struct Answer {
        std::vector<SocketAddress> addresses;
        std::string reason; // why there is none
    };
    using Done = std::function<void(Answer)>; // throws nothing

    /// `resolver` null: the system's.
    PlaceLookup(ngx_cycle_t* cycle, ngx_resolver_t* resolver) : cycle_(cycle), resolver_(resolver)
    {
    }

    /// Calls `done` at once or later. Throws Error{Fault::internal}.
    void ask(const base::RedisPlace& place, const Done& done);
    void cancel() { lookup_.reset(); }

private:
    ngx_cycle_t* cycle_;
    ngx_resolver_t* resolver_;
    std::unique_ptr<SystemResolver> system_; // made when it is needed
    std::unique_ptr<Lookup> lookup_;
};

} // namespace ciam::io
