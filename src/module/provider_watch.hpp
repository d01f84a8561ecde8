// Keeps one provider's metadata and keys at hand: fetched by one worker, shared by all, before the
// first customer needs them, refreshed behind the customers' backs and used stale while the
// provider is away.
#pragma once

#include "flow/discovery.hpp"
#include "io/http_client.hpp"
#include "module/conf.hpp"
#include "module/status_report.hpp"
#include "store/document_board.hpp"

#include <functional>
#include <list>
#include <memory>

namespace ciam::module {

class ProviderWatch {
public:
    ProviderWatch(const ProviderConf& conf, store::DocumentBoard& board, io::HttpClient& http,
                  io::CallOptions options);
    ProviderWatch(const ProviderWatch&) = delete;
    ProviderWatch& operator=(const ProviderWatch&) = delete;
    ~ProviderWatch();

    using Done = std::function<void(flow::ProviderReply)>;

    /// One who waits; destroying it stops nothing but the wait.
    class Waiter {
    public:
        Waiter(ProviderWatch& watch, flow::NeedProvider need, Done done);
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;
        ~Waiter();

    private:
        friend class ProviderWatch;
        ProviderWatch& watch_;
        std::uint64_t newer_than_;
        std::uint64_t failures_seen_;
        ngx_msec_t deadline_;
        Done done_;
        std::list<Waiter*>::iterator place_; // the end: no longer among them
    };

    /// Answers at once into `reply` and returns null, or calls `done` later, within the provider's
    /// timeouts.
    std::unique_ptr<Waiter> need(flow::NeedProvider need, flow::ProviderReply& reply, Done done);

    /// Of the keys that are at hand; 0: there are none.
    std::uint64_t generation();

    /// Refreshed whether used or not.
    void keep_fresh() { is_kept_fresh_ = true; }

    /// False when metadata and keys are missing or old, and that somebody has used them since they
    /// came, or they are to be kept fresh. True also for a while after an answer that was wrong,
    /// such as metadata of another issuer: asking again mends nothing, and the next visitor does.
    bool is_fresh();
    bool is_fetching() const { return fetch_ != nullptr; }
    /// Fetches if no other worker does and no failure asks to wait. True when it is under way.
    bool fetch();

    /// A login failed. Where it failed at the provider, whose endpoints may have moved, fetches
    /// again, soon but not often, while others go on with what is there.
    void hear(const base::Error& error);

private:
    struct Fetch;

    std::shared_ptr<const flow::ProviderDocuments> documents();
    bool answer_now(std::uint64_t newer_than, flow::ProviderReply& reply);
    bool wants_newer_too_soon(std::uint64_t newer_than) const;
    bool has_fresh() const;
    bool has_answered_wrong();
    void drive();
    void fetched(const flow::FetchedDocuments& texts);
    void failed(base::Fault fault, const std::string& reason);
    void poll();
    void poll_soon();
    void drop(Waiter& waiter);
    bool is_crowded(std::uint64_t newer_than) const;
    bool settle(Waiter& waiter, flow::ProviderReply& reply);
    void log_failure(const std::string& reason);
    flow::ProviderReply failure_reply() const;

    const ProviderConf& conf_;
    store::DocumentBoard& board_;
    io::HttpClient& http_;
    io::CallOptions options_;
    base::RecordId subject_;
    std::shared_ptr<const flow::ProviderDocuments> documents_;
    std::uint64_t seen_generation_ = 0; // looked at last, of whatever use it was
    base::Seconds posted_at_ = 0;
    ngx_msec_t seen_at_ = 0;
    std::unique_ptr<Fetch> fetch_;
    std::uint64_t failure_heard_ = 0; // its attempt
    ngx_msec_t failure_heard_at_ = 0;
    std::list<Waiter*> waiters_;
    std::list<Waiter*>::iterator polled_next_ = waiters_.end();
    ngx_event_t poll_timer_{};
    bool has_failed_ = false; // and that was logged
    bool is_kept_fresh_ = false;
    bool is_used_ = false; // since the documents came
};

/// As the board has it: nothing is made for a provider that this worker has not used.
ProviderStatus provider_status(const ProviderConf& provider, const store::DocumentBoard& board);

} // namespace ciam::module
