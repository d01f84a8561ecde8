#include "module/code_allowance.hpp"

#include "base/error.hpp"
#include "module/client_network.hpp"
#include "module/counts.hpp"
#include "module/worker.hpp"

#include <algorithm>

namespace ciam::module {
namespace {

constexpr std::uint32_t most_refused = 30;
constexpr std::uint32_t most_under_way = 500; // a provider that hangs keeps many a customer waiting

std::uint64_t key_of(const ngx_http_request_t* r)
{
    return tally_key("code", network_of(*r->connection));
}

} // namespace

CodeAllowance::CodeAllowance(const ngx_http_request_t* r) : key_(key_of(r)) {}

std::uint32_t CodeAllowance::finished_by(const ngx_http_request_t* r)
{
    std::uint32_t finished = 0;
    worker()->tallies().with(key_of(r), ngx_time(),
                             [&](const store::Tally& tally) { finished = tally.good; });
    return finished;
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
        throw base::Error{
            base::Fault::too_many,
            "too many logins of one client address come back with a code that the "
            "provider refuses; further ones are turned away for up to a minute. If "
            "that address is a proxy's, have nginx learn the clients' (real_ip_header)"};
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
