#include "module/refresh_flight.hpp"

#include "module/counts.hpp"

#include <algorithm>

namespace ciam::module {
namespace {

using store::Milliseconds;

constexpr ngx_msec_t look_every = 30;         // at a turn that another worker has
constexpr ngx_msec_t look_at_tier_every = 80; // and that another machine has
constexpr ngx_msec_t store_again_after = 500;
constexpr Milliseconds pause_after_failure = 10'000;
constexpr Milliseconds pause_of_store = 2'000;
constexpr long longest_pause_seconds = 600;
constexpr ngx_msec_t grace = 10'000; // for the store, beyond the time limits of the provider

/// Metadata, tokens, newer keys, revocation.
ngx_msec_t most_time(const ProviderConf& provider)
{
    return 5 * provider.total_timeout + grace;
}

std::uint64_t session_key(const base::RecordId& id)
{
    return tally_key("refresh", jose::view(id));
}

std::uint64_t key_of(const oidc::Client& client)
{
    return tally_key("refresh at", client.issuer + '\n' + client.client_id);
}

RefreshEnd end_of(base::Fault fault)
{
    switch (fault) {
    case base::Fault::provider_busy:
        return RefreshEnd::provider_busy;
    case base::Fault::provider_away:
    case base::Fault::provider_timeout:
        return RefreshEnd::provider_down;
    case base::Fault::store_away:
        return RefreshEnd::store_away;
    default:
        return RefreshEnd::provider_error;
    }
}

/// What meets every customer of the provider, not this one alone.
bool is_of_all(base::Fault fault)
{
    return fault == base::Fault::provider_busy || fault == base::Fault::provider_away ||
           fault == base::Fault::provider_timeout || fault == base::Fault::configuration;
}

Milliseconds pause_for(base::Fault fault, std::optional<long> retry_after)
{
    if (fault == base::Fault::store_away) {
        return pause_of_store;
    }
    return retry_after ? Milliseconds{1000} * std::clamp(*retry_after, 1L, longest_pause_seconds)
                       : pause_after_failure;
}

RefreshEnd end_of(const store::Turns::Hold& hold)
{
    return static_cast<RefreshEnd>(hold.reason);
}

} // namespace

std::string_view error_code_of(RefreshEnd end)
{
    switch (end) {
    case RefreshEnd::provider_down:
        return "provider_down";
    case RefreshEnd::provider_busy:
        return "provider_busy";
    case RefreshEnd::provider_error:
        return "provider_error";
    case RefreshEnd::store_away:
        return "store_away";
    case RefreshEnd::done:
        break;
    }
    return {};
}

Refresher::Waiter::Waiter(RefreshFlight& flight, Done done)
    : flight_(&flight), done_(std::move(done))
{
    flight.waiters().push_back(this);
}

Refresher::Waiter::~Waiter()
{
    if (flight_ != nullptr) {
        flight_->waiters().remove(this);
    }
}

Refresher::Refresher(store::Turns turns, ngx_log_t* log) : turns_(turns), log_(log) {}

Refresher::~Refresher() = default;

std::optional<RefreshEnd> Refresher::blocked(const ProviderRuntime& provider,
                                             const base::RecordId& id)
{
    const auto now = monotonic();
    for (const auto key : {key_of(provider.conf.client), session_key(id)}) {
        const auto hold = turns_.last_hold(key);
        if (hold.reason != 0 && now < hold.until) {
            return end_of(hold);
        }
    }
    return std::nullopt;
}

std::unique_ptr<Refresher::Waiter>
Refresher::refresh(ProviderRuntime& provider, const flow::RefreshRequest& request, Done done)
{
    auto& flight = flights_[request.keys.id];
    if (!flight) {
        flight = std::make_unique<RefreshFlight>(*this, provider, request);
    }
    return std::make_unique<Waiter>(*flight, std::move(done));
}

RefreshFlight::RefreshFlight(Refresher& refresher, ProviderRuntime& provider,
                             const flow::RefreshRequest& request)
    : refresher_(refresher), provider_(provider), request_(request),
      key_(session_key(request.keys.id)), provider_key_(key_of(provider.conf.client)),
      until_(monotonic() + static_cast<Milliseconds>(most_time(provider.conf)) + 1000),
      next_(this, refresher.log_, decltype(next_)::Exit::waits),
      guard_(this, refresher.log_, decltype(guard_)::Exit::waits)
{
    guard_.after(most_time(provider.conf));
    next_.post();
}

RefreshFlight::~RefreshFlight()
{
    *alive_ = false;
    for (auto* waiter : waiters_) {
        waiter->flight_ = nullptr;
    }
    if (has_turn_) {
        refresher_.turns_.end(key_, monotonic());
    }
    if (is_probe_) {
        refresher_.turns_.end(provider_key_, monotonic());
    }
}

void RefreshFlight::go() noexcept
{
    try {
        try {
            advance();
        } catch (const base::Error& error) {
            fail(error);
        }
    } catch (const std::exception& error) {
        ngx_log_error(NGX_LOG_ERR, refresher_.log_, 0, "ciam: refresh: %s", error.what());
        end(RefreshEnd::provider_error);
    }
}

void RefreshFlight::too_late() noexcept
{
    log(NGX_LOG_ERR, is_unstored_ ? "refresh: the session store was away for too long; what the "
                                    "provider sent is lost, and a customer has to log in again"
                                  : "refresh: given up, another worker or machine has been at it "
                                    "for too long");
    end(RefreshEnd::provider_down);
}

void RefreshFlight::advance()
{
    if (!runner_) {
        if (!take_turns()) {
            return;
        }
        runner_.emplace([this] { next_.post(); }, provider_, provider_.conf.client,
                        provider_.sealer, request_, ngx_time());
    }
    const auto outcome = runner_->drive();
    if (outcome) {
        settle(*outcome);
    }
}

bool RefreshFlight::take_turns()
{
    if (!has_turn_ && !take_turn_here()) {
        return false;
    }
    if (provider_.shared != nullptr && !has_tier_turn()) {
        ask_tier();
        return false;
    }
    return take_probe();
}

bool RefreshFlight::take_turn_here()
{
    // The worker whose turn it is may have found the provider down.
    if (const auto blocked = refresher_.blocked(provider_, request_.keys.id)) {
        end(*blocked);
        return false;
    }
    has_turn_ = refresher_.turns_.take(key_, monotonic(), until_) == store::Turns::Taken::mine;
    if (!has_turn_) {
        next_.after(look_every);
    }
    return has_turn_;
}

/// The machine's turn is held for as long as this waits for the machines' turn.
void RefreshFlight::ask_tier()
{
    auto& shared = *provider_.shared;
    const bool is_away = tier_ && tier_ != store::TierReply::Status::conflict;
    if (is_away || !shared.can_store()) {
        flow::require_available(base::StoreReply::Status::unavailable);
    }
    const auto seconds = static_cast<base::Seconds>(most_time(provider_.conf) / 1000 + 1);
    shared.tier().take_turn(request_.keys.id, refresher_.turns_.machine(), seconds,
                            [this, alive = alive_](const store::TierReply& reply) {
                                if (*alive) {
                                    heard_of_tier(reply.status);
                                }
                            });
}

void RefreshFlight::heard_of_tier(store::TierReply::Status status) noexcept
{
    tier_ = status;
    if (status == store::TierReply::Status::conflict) {
        next_.after(look_at_tier_every);
    } else {
        next_.post();
    }
}

/// Where the provider has failed before, one refresh finds out whether it is back.
bool RefreshFlight::take_probe()
{
    if (refresher_.turns_.last_hold(provider_key_).reason == 0) {
        return true;
    }
    const auto taken = refresher_.turns_.take(provider_key_, monotonic(), until_);
    is_probe_ = taken == store::Turns::Taken::mine;
    if (!is_probe_) {
        end(end_of(refresher_.turns_.last_hold(provider_key_)));
        return false;
    }
    return true;
}

void RefreshFlight::settle(const flow::RefreshOutcome& outcome)
{
    if (std::holds_alternative<flow::NotStored>(outcome)) {
        is_unstored_ = true;
        next_.after(store_again_after);
        return;
    }
    if (const auto* refreshed = std::get_if<flow::Refreshed>(&outcome)) {
        for (const auto& claim : refreshed->refused_claims) {
            log(NGX_LOG_WARN,
                "the claim \"" + claim +
                    "\" holds control characters or is over 8 KB; it is not passed on");
        }
    } else if (std::holds_alternative<flow::SessionEnded>(outcome)) {
        ngx_log_error(NGX_LOG_INFO, refresher_.log_, 0,
                      "ciam: provider \"%s\": refresh: the provider has ended a session "
                      "(invalid_grant); its customer logs in again",
                      provider_.conf.name());
    }
    end(RefreshEnd::done);
}

void RefreshFlight::fail(const base::Error& error)
{
    const auto fault = error.fault();
    const auto pause = pause_for(fault, runner_ ? runner_->flow().retry_after() : std::nullopt);
    hold(is_of_all(fault) ? provider_key_ : key_, pause, end_of(fault));
    log_sparsely({.log = refresher_.log_,
                  .level = NGX_LOG_ERR,
                  .provider = provider_.conf.name(),
                  .text = std::string{"refresh: "} + error.what(),
                  .ending = "; customers stay logged in, without a new access token"});
    provider_.watch->hear(error);
    end(end_of(fault));
}

void RefreshFlight::hold(std::uint64_t key, Milliseconds pause, RefreshEnd end)
{
    const auto now = monotonic();
    refresher_.turns_.hold(key, now, now + pause, static_cast<std::uint32_t>(end));
    has_turn_ = has_turn_ && key != key_;
    is_probe_ = is_probe_ && key != provider_key_;
}

void RefreshFlight::end(RefreshEnd end)
{
    if (has_tier_turn()) {
        provider_.shared->tier().end_turn(request_.keys.id, refresher_.turns_.machine());
    }
    const auto own = refresher_.flights_.extract(request_.keys.id); // ends with this function
    std::list<Refresher::Waiter*> waiters;
    waiters.swap(waiters_);
    for (auto* waiter : waiters) {
        waiter->flight_ = nullptr;
    }
    for (auto* waiter : waiters) {
        const auto done = std::move(waiter->done_); // which may destroy the waiter
        if (done) {
            done(end);
        }
    }
}

void RefreshFlight::log(ngx_uint_t level, const std::string& text) const
{
    log_sparsely(
        {.log = refresher_.log_, .level = level, .provider = provider_.conf.name(), .text = text});
}

} // namespace ciam::module
