// Refreshes the tokens of sessions: each session once at a time, whoever asks for it, over all
// workers and machines. A refresh belongs to the worker: requests wait for it, and may leave
// without stopping it.
#pragma once

#include "base/record.hpp"
#include "flow/refresh.hpp"
#include "module/nginx.hpp"
#include "store/turns.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

namespace ciam::module {

struct ProviderRuntime;

/// What came of it. `done`: look at the session again, it has new tokens or is gone.
enum class RefreshEnd : std::uint8_t {
    done,
    provider_down,
    provider_busy,
    provider_error, // it answered, and not what it should
    store_away
};

/// As $oidc_error_code says it; empty for `done`.
std::string_view error_code_of(RefreshEnd end);

class RefreshFlight;

class Refresher {
public:
    using Done = std::function<void(RefreshEnd)>;

    /// One who waits; destroying it stops nothing but the wait.
    class Waiter {
    public:
        Waiter(RefreshFlight& flight, Done done);
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;
        ~Waiter();

    private:
        friend class RefreshFlight;
        RefreshFlight* flight_; // null: it is over
        Done done_;
    };

    Refresher(store::Turns turns, ngx_log_t* log);
    Refresher(const Refresher&) = delete;
    Refresher& operator=(const Refresher&) = delete;
    ~Refresher();

    /// Where the provider, or this session, has just failed, so that it is not to be tried now.
    std::optional<RefreshEnd> blocked(const ProviderRuntime& provider, const base::RecordId& id);

    /// Begins, or joins the one that is under way. `done` is called later, once, within the time
    /// limits of the provider; it may be null for who does not wait.
    std::unique_ptr<Waiter> refresh(ProviderRuntime& provider, const flow::RefreshRequest& request,
                                    Done done);

private:
    friend class RefreshFlight;

    store::Turns turns_;
    ngx_log_t* log_;
    std::map<base::RecordId, std::unique_ptr<RefreshFlight>> flights_;
};

} // namespace ciam::module
