// Host names to addresses without a wait: by nginx's `resolver` where one is configured, else by
// the system's, which only knows blocking calls and so runs in libcurl's threads.
#pragma once

#include "io/multi.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ciam::io {

struct Resolved {
    std::vector<std::string> addresses; // "192.0.2.1", "[2001:db8::1]"
    std::string reason;                 // why there is none
};

/// Called once, perhaps before the function that asked returns. Throws nothing, and does not
/// destroy the Lookup.
using OnResolved = std::function<void(const Resolved&)>;

/// Somebody who waits for a name. Destroying it ends the waiting.
class Lookup {
public:
    Lookup() = default;
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;
    virtual ~Lookup() = default;
};

/// False for address literals and for names that mean this machine.
bool needs_lookup(std::string_view host);

/// "[2001:db8::1]" or "192.0.2.1"; empty for another family.
std::string address_text(const sockaddr* address);

/// Asks nginx, which caches and asks once for all who wait. Throws Error{Fault::internal}.
std::unique_ptr<Lookup> ask_nginx(ngx_resolver_t* resolver, const std::string& host,
                                  OnResolved on_resolved);

/// One for a worker. However many wait for a name and however many of them give up, there is one
/// thread for it. Answers are kept for a minute, failures are not.
class SystemResolver {
public:
    /// Throws Error{Fault::internal}.
    explicit SystemResolver(ngx_cycle_t* cycle);
    SystemResolver(const SystemResolver&) = delete;
    SystemResolver& operator=(const SystemResolver&) = delete;
    ~SystemResolver();

    /// Throws Error{Fault::internal}.
    std::unique_ptr<Lookup> ask(const std::string& host, OnResolved on_resolved);

    /// The addresses were of no use: the next call asks anew.
    void forget(const std::string& host) noexcept;

private:
    class Question;
    class Waiter;
    struct Name;

    void answered(Name& name, Resolved resolved) noexcept;

    Multi multi_;
    std::map<std::string, std::unique_ptr<Name>>
        names_; // as many as hosts in the providers' metadata
};

} // namespace ciam::io
