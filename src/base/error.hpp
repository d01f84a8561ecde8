// What can go wrong, told apart by who can mend it. The module's guard turns a fault into an
// HTTP status and one log line; nothing in the message may be a token, code, cookie or claim value.
#pragma once

#include <stdexcept>
#include <string>

namespace ciam::base {

enum class Fault {
    client,           // the browser sent something malformed or forged: 400
    misdirected,      // the request's Host is none of this server's names: 421
    too_many,         // this client address has had too many logins refused: 429
    provider,         // the provider answered something wrong: 502
    provider_busy,    // the provider asked us to wait (429, 503): 503
    provider_timeout, // the provider did not answer in time: 504
    provider_away,    // no connection to the provider: 502
    store_away,       // the store that machines share can't be reached: 503
    denied,           // the customer or the provider said no: 403
    configuration,    // the sysadmin has to change something: 500
    internal          // out of memory, a library failed: 500
};

class Error : public std::runtime_error {
public:
    Error(Fault fault, const std::string& message) : std::runtime_error(message), fault_(fault) {}

    Fault fault() const noexcept { return fault_; }

private:
    Fault fault_;
};

} // namespace ciam::base
