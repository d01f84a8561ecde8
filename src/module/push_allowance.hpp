// Pushed authorization requests: a stranger's visit alone makes a call to the provider. So a client
// address has only so many in a minute, and only so many are on their way at once.
#pragma once

#include "module/conf.hpp"

#include <cstdint>

namespace ciam::module {

/// One begun login's leave to make the call; given back when it is destroyed.
class PushAllowance {
public:
    PushAllowance(const ngx_http_request_t* r, const ProviderConf& provider);
    PushAllowance(const PushAllowance&) = delete;
    PushAllowance& operator=(const PushAllowance&) = delete;
    ~PushAllowance();

    /// Throws base::Error{Fault::too_many} for the address, {Fault::provider_busy} for all.
    void take();

private:
    const ngx_http_request_t* r_;
    std::uint64_t all_;        // what is on its way to the provider, over all workers
    std::int64_t minute_ = -1; // in which it was taken
};

} // namespace ciam::module
