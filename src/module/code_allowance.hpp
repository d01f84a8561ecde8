// Junk codes: anybody can begin a login and come back with a code of his own making, and each one
// costs the provider a call. So a client address has only so many of them refused in a minute.
#pragma once

#include "module/nginx.hpp"

#include <cstdint>

namespace ciam::module {

/// One login's leave to ask the provider about its code. An address is everything behind it (see
/// network_of()). So what counts is the share: where logins succeed, as many may be refused.
class CodeAllowance {
public:
    enum class Verdict : std::uint8_t { good, refused, none };

    explicit CodeAllowance(const ngx_http_request_t* r);

    /// How many logins of the request's client have succeeded in this minute.
    static std::uint32_t finished_by(const ngx_http_request_t* r);

    /// Throws base::Error{Fault::too_many}.
    void take();
    /// The provider's word on the code. Where it is never heard, because the client has left, the
    /// code counts as under way until the minute is over.
    void settle(Verdict verdict) noexcept;

private:
    std::uint64_t key_;
    std::int64_t minute_ = -1; // in which it was taken
};

} // namespace ciam::module
