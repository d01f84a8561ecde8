#include "module/client_network.hpp"

namespace ciam::module {
namespace {

std::string_view bytes_of(const void* data, std::size_t size)
{
    return {static_cast<const char*>(data), size};
}

} // namespace

std::string_view network_of(const ngx_connection_t& connection)
{
    const void* address = connection.sockaddr;
    switch (connection.sockaddr->sa_family) {
    case AF_INET:
        return bytes_of(&static_cast<const sockaddr_in*>(address)->sin_addr, sizeof(in_addr));
#if (NGX_HAVE_INET6)
    case AF_INET6: {
        const auto& ip = static_cast<const sockaddr_in6*>(address)->sin6_addr;
        constexpr std::size_t network_bytes = 8;
        return IN6_IS_ADDR_V4MAPPED(&ip) ? bytes_of(ip.s6_addr + 12, sizeof(in_addr))
                                         : bytes_of(ip.s6_addr, network_bytes);
    }
#endif
    default:
        return "unix";
    }
}

} // namespace ciam::module
