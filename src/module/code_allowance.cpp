#include "module/code_allowance.hpp"

#include "base/error.hpp"
#include "module/counts.hpp"
#include "module/worker.hpp"

#include <algorithm>

namespace ciam::module {
namespace {

constexpr std::uint32_t most_refused = 30;
constexpr std::uint32_t most_under_way = 500; // a provider that hangs keeps many a customer waiting

std::string_view bytes_of(const void* data, std::size_t size)
{
    return {static_cast<const char*>(data), size};
}

/// What stands for everybody who may be the same client.
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

constexpr const char* too_many_codes =
    "too many logins of one client address come back with a code that the provider refuses";
constexpr const char* too_many_tokens =
    "too many bearer tokens of one client address are refused by the provider";

} // namespace

CodeAllowance::CodeAllowance(const ngx_http_request_t* r, Of of)
    : of_(of), key_(tally_key(of == Of::codes ? "code" : "token", network_of(*r->connection)))
{
}

void CodeAllowance::take()
{
    bool allowed = true;
    worker()->tallies().with(key_, ngx_time(), [&](store::Tally& tally) {
        allowed = tally.events < std::max(most_refused, tally.good) &&
                  tally.under_way < most_under_way + tally.good;
        tally.under_way += allowed ? 1 : 0;
        minute_ = tally.minute;
    });
    if (!allowed) {
        throw base::Error{base::Fault::too_many,
                          std::string{of_ == Of::codes ? too_many_codes : too_many_tokens} +
                              "; further ones are turned away for up to a minute. If that address "
                              "is a proxy's, have nginx learn the clients' (real_ip_header)"};
    }
}

void CodeAllowance::settle(Verdict verdict) noexcept
{
    if (minute_ < 0 || worker() == nullptr) {
        return;
    }
    worker()->tallies().with(key_, ngx_time(), [&](store::Tally& tally) {
        tally.good += verdict == Verdict::good ? 1 : 0;
        tally.events += verdict == Verdict::refused ? 1 : 0;
        tally.under_way -= tally.minute == minute_ && tally.under_way > 0 ? 1 : 0;
    });
    minute_ = -1;
}

} // namespace ciam::module
