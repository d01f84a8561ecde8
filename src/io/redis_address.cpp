#include "io/redis_address.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <sys/un.h>

namespace ciam::io {
namespace {

template <class Address> SocketAddress stored(const Address& address)
{
    SocketAddress result;
    std::memcpy(&result.storage, &address, sizeof(address));
    result.size = sizeof(address);
    return result;
}

} // namespace

std::string without_brackets(const std::string& host)
{
    const bool has = host.size() > 2 && host.front() == '[' && host.back() == ']';
    return has ? host.substr(1, host.size() - 2) : host;
}

std::optional<SocketAddress> address_of(const std::string& host, std::uint16_t port)
{
    const std::string text = host == "localhost" ? "127.0.0.1" : without_brackets(host);
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    if (inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
        return stored(four);
    }
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    if (inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1) {
        return stored(six);
    }
    return std::nullopt;
}

SocketAddress unix_address(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    return stored(address);
}

void PlaceLookup::ask(const base::RedisPlace& place, const Done& done)
{
    cancel();
    if (place.host.empty()) {
        done({{unix_address(place.path)}, {}});
        return;
    }
    if (const auto address = address_of(place.host, place.port)) {
        done({{*address}, {}});
        return;
    }
    const auto on_resolved = [port = place.port, done](const Resolved& resolved) {
        Answer answer{{}, resolved.reason};
        for (const std::string& text : resolved.addresses) {
            if (const auto address = address_of(text, port)) {
                answer.addresses.push_back(*address);
            }
        }
        done(std::move(answer));
    };
    if (resolver_ != nullptr) {
        lookup_ = ask_nginx(resolver_, place.host, on_resolved);
        return;
    }
    if (!system_) {
        system_ = std::make_unique<SystemResolver>(cycle_);
    }
    lookup_ = system_->ask(place.host, on_resolved);
}

} // namespace ciam::io
