// One refresh of one session by this worker, from waiting for the turn to telling those who wait.
#pragma once

#include "io/nginx_event.hpp"
#include "module/refresher.hpp"
#include "module/runner.hpp"

namespace ciam::module {

class RefreshFlight {
public:
    RefreshFlight(Refresher& refresher, ProviderRuntime& provider,
                  const flow::RefreshRequest& request);
    RefreshFlight(const RefreshFlight&) = delete;
    RefreshFlight& operator=(const RefreshFlight&) = delete;
    ~RefreshFlight();

    std::list<Refresher::Waiter*>& waiters() { return waiters_; }

private:
    // Each may destroy this.
    void go() noexcept;
    void too_late() noexcept;
    void advance();
    void heard_of_tier(store::TierReply::Status status) noexcept;
    void settle(const flow::RefreshOutcome& outcome);
    void fail(const base::Error& error);
    void end(RefreshEnd end);

    /// False: go() comes again, or this is destroyed.
    bool take_turns();
    bool take_turn_here();
    bool has_tier_turn() const { return tier_ == store::TierReply::Status::done; }
    void ask_tier();
    bool take_probe();

    void hold(std::uint64_t key, store::Milliseconds pause, RefreshEnd end);
    void log(ngx_uint_t level, const std::string& text) const;

    Refresher& refresher_;
    ProviderRuntime& provider_;
    flow::RefreshRequest request_;
    std::uint64_t key_;          // of the session's turn
    std::uint64_t provider_key_; // of what is known of the provider
    store::Milliseconds until_;
    std::list<Refresher::Waiter*> waiters_;
    std::optional<Runner<flow::Refresh>> runner_;
    bool has_turn_ = false;
    bool is_unstored_ = false;                     // it has tokens that the store could not take
    std::optional<store::TierReply::Status> tier_; // what it has said last
    bool is_probe_ = false; // the one attempt at a provider that has failed before
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true); // for answers that come late

    // A worker that exits waits for both: what the provider has sent must not get lost.
    io::Event<RefreshFlight, &RefreshFlight::go> next_;
    io::Event<RefreshFlight, &RefreshFlight::too_late> guard_;
};

} // namespace ciam::module
