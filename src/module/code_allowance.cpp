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

std::uint64_t key_of(const ngx_http_request_t* r, CodeAllowance::Of of)
{
    return tally_key(of == CodeAllowance::Of::codes ? "code" : "token", network_of(*r->connection));
}

constexpr const char* too_many_codes =
    "too many logins of one client address come back with a code that the provider refuses";
constexpr const char* too_many_tokens =
    "too many bearer tokens of one client address are refused by the provider";

} // namespace

CodeAllowance::CodeAllowance(const ngx_http_request_t* r, Of of) : of_(of), key_(key_of(r, of)) {}

std::uint32_t CodeAllowance::finished_by(const ngx_http_request_t* r)
{
    std::uint32_t finished = 0;
    worker()->tallies().with(key_of(r, Of::codes), ngx_time(),
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
