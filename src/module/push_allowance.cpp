#include "module/push_allowance.hpp"

#include "base/error.hpp"
#include "module/client_network.hpp"
#include "module/code_allowance.hpp"
#include "module/counts.hpp"
#include "module/worker.hpp"

namespace ciam::module {
namespace {

constexpr std::uint32_t most_begun = 100;
constexpr std::uint32_t begun_for_each_finished = 3;
constexpr std::uint32_t most_under_way = 200;

/// Where many customers come from one address, many of their logins are finished, too.
bool may_begin(const ngx_http_request_t* r)
{
    const auto most = most_begun + begun_for_each_finished * CodeAllowance::finished_by(r);
    bool allowed = true;
    worker()->tallies().with(tally_key("push", network_of(*r->connection)), ngx_time(),
                             [&](store::Tally& tally) {
                                 allowed = tally.events < most;
                                 tally.events += allowed ? 1 : 0;
                             });
    return allowed;
}

} // namespace

PushAllowance::PushAllowance(const ngx_http_request_t* r, const ProviderConf& provider)
    : r_(r), all_(tally_key("pushes to", provider.client.provider))
{
}

PushAllowance::~PushAllowance()
{
    if (minute_ < 0 || worker() == nullptr) {
        return;
    }
    worker()->tallies().with(all_, ngx_time(), [&](store::Tally& tally) {
        tally.under_way -= tally.minute == minute_ && tally.under_way > 0 ? 1 : 0;
    });
}

void PushAllowance::take()
{
    if (!may_begin(r_)) {
        throw base::Error{base::Fault::too_many,
                          "too many logins of one client address are begun and not finished, and "
                          "each one calls the provider (par); further ones are turned away for up "
                          "to a minute. If that address is a proxy's, have nginx learn the "
                          "clients' (real_ip_header)"};
    }
    bool allowed = true;
    worker()->tallies().with(all_, ngx_time(), [&](store::Tally& tally) {
        allowed = tally.under_way < most_under_way;
        tally.under_way += allowed ? 1 : 0;
        minute_ = allowed ? tally.minute : minute_;
    });
    if (!allowed) {
        throw base::Error{base::Fault::provider_busy,
                          "pushed authorization request: " + std::to_string(most_under_way) +
                              " of them wait for the provider's answer; check the provider, or "
                              "whether somebody begins logins without end (limit_req)"};
    }
}

} // namespace ciam::module
