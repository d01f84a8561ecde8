#include "module/provider_watch.hpp"

#include "jose/seal.hpp"
#include "module/counts.hpp"
#include "module/provider_faults.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace ciam::module {
namespace {

constexpr base::Seconds fresh_for = 3600;
constexpr base::Seconds doubted_after = 2;
constexpr store::Milliseconds retry_after_failure = 2000;
// What answers something wrong is asked on our own account only so often; who needs it asks at
// once.
constexpr ngx_msec_t retry_after_wrong_answer = 600'000;
constexpr ngx_msec_t poll_every = 20;
// A key that nobody has seen is asked for at most once in this time, whoever asks.
constexpr ngx_msec_t newer_keys_every = 1000;
constexpr std::size_t most_waiting_for_newer_keys = 1000;

base::RecordId subject_of(const oidc::Client& client)
{
    return jose::sha256(client.issuer + '\n' + client.metadata_url);
}

/// Two texts in one: the metadata's length in decimal, a newline, both.
std::string join(const flow::FetchedDocuments& texts)
{
    return std::to_string(texts.metadata.size()) + '\n' + texts.metadata + texts.keys;
}

flow::FetchedDocuments split(const std::string& text)
{
    const auto newline = text.find('\n');
    const auto size = std::stoul(text.substr(0, newline));
    return {text.substr(newline + 1, size), text.substr(newline + 1 + size)};
}

ngx_log_t* worker_log()
{
    return ngx_cycle->log;
}

} // namespace

struct ProviderWatch::Fetch {
    explicit Fetch(const oidc::Client& client) : flow(client) {}

    flow::Discovery flow;
    std::unique_ptr<io::Call> call;
    std::optional<base::HttpResponse> answer; // to be given to the flow
};

ProviderWatch::Waiter::Waiter(ProviderWatch& watch, flow::NeedProvider need, Done done)
    : watch_(watch), newer_than_(need.newer_than),
      failures_seen_(watch.board_.last_failure(watch.subject_).attempt),
      deadline_(ngx_current_msec + 2 * watch.conf_.total_timeout + newer_keys_every),
      done_(std::move(done))
{
    place_ = watch_.waiters_.insert(watch_.waiters_.end(), this);
}

ProviderWatch::Waiter::~Waiter()
{
    watch_.drop(*this);
}

ProviderWatch::ProviderWatch(const ProviderConf& conf, store::DocumentBoard& board,
                             io::HttpClient& http, io::CallOptions options)
    : conf_(conf), board_(board), http_(http), options_(std::move(options)),
      subject_(subject_of(conf.client))
{
    // Not cancelable: it runs only while a request waits, and an exiting worker has to let that
    // finish.
    poll_timer_.handler = [](ngx_event_t* event) {
        static_cast<ProviderWatch*>(event->data)->poll();
    };
    poll_timer_.data = this;
    poll_timer_.log = worker_log();
}

ProviderWatch::~ProviderWatch()
{
    if (poll_timer_.timer_set) {
        ngx_del_timer(&poll_timer_);
    }
}

std::shared_ptr<const flow::ProviderDocuments> ProviderWatch::documents()
{
    const auto generation = board_.generation(subject_);
    if (generation == 0) {
        seen_generation_ = 0; // nothing there, or not any more
    }
    if (generation == 0 || (documents_ && documents_->generation == generation)) {
        return documents_;
    }
    const auto notice = board_.read(subject_);
    if (!notice) {
        return documents_;
    }
    seen_generation_ = notice->generation;
    try {
        documents_ = flow::parse_documents(conf_.client, split(notice->text), notice->generation);
        posted_at_ = notice->posted_at;
        seen_at_ = ngx_current_msec;
        is_used_ = false;
    } catch (const std::exception& error) {
        log_failure(error.what());
    }
    return documents_;
}

bool ProviderWatch::answer_now(std::uint64_t newer_than, flow::ProviderReply& reply)
{
    auto current = documents();
    if (!current || current->generation <= newer_than) {
        return false;
    }
    reply.documents = std::move(current);
    return true;
}

std::unique_ptr<ProviderWatch::Waiter> ProviderWatch::need(flow::NeedProvider need,
                                                           flow::ProviderReply& reply, Done done)
{
    const bool is_there = answer_now(need.newer_than, reply);
    is_used_ = true;
    if (is_there) {
        if (!has_fresh() && !ngx_exiting) {
            fetch(); // for those who come next
        }
        return nullptr;
    }
    if (is_crowded(need.newer_than)) {
        reply.documents = documents_;
        return nullptr;
    }
    auto waiter = std::make_unique<Waiter>(*this, need, std::move(done));
    if (settle(*waiter, reply)) {
        return nullptr;
    }
    poll_soon();
    return waiter;
}

bool ProviderWatch::has_fresh() const
{
    return documents_ && ngx_time() - posted_at_ < fresh_for;
}

std::uint64_t ProviderWatch::generation()
{
    const auto current = documents();
    return current ? current->generation : 0;
}

bool ProviderWatch::is_fresh()
{
    documents();
    return has_fresh() || !(is_used_ || is_kept_fresh_) || has_answered_wrong();
}

bool ProviderWatch::has_answered_wrong()
{
    const auto failure = board_.last_failure(subject_);
    if (failure.attempt != failure_heard_) {
        failure_heard_ = failure.attempt;
        failure_heard_at_ = ngx_current_msec;
    }
    return failure.attempt != 0 && failure.fault == static_cast<int>(base::Fault::provider) &&
           ngx_current_msec - failure_heard_at_ < retry_after_wrong_answer;
}

ProviderStatus provider_status(const ProviderConf& provider, const store::DocumentBoard& board)
{
    const auto subject = subject_of(provider.client);
    const auto posted_at = board.posted_at(subject);
    ProviderStatus status{
        provider.client.provider, provider.client.issuer, posted_at.has_value(), 0, {}};
    status.age = posted_at ? std::max<base::Seconds>(ngx_time() - *posted_at, 0) : 0;
    if (!posted_at || status.age >= fresh_for) {
        status.last_failure = board.last_failure(subject).reason;
    }
    return status;
}

void ProviderWatch::hear(const base::Error& error)
{
    if (!is_of_provider(error.fault())) {
        return;
    }
    documents(); // another worker may have fetched already
    if (!ngx_exiting && documents_ && ngx_time() - posted_at_ >= doubted_after) {
        fetch();
    }
}

bool ProviderWatch::wants_newer_too_soon(std::uint64_t newer_than) const
{
    return newer_than != 0 && documents_ && ngx_current_msec - seen_at_ < newer_keys_every;
}

bool ProviderWatch::fetch()
{
    if (fetch_) {
        return true;
    }
    const auto now = monotonic();
    const auto until = now + static_cast<store::Milliseconds>(2 * conf_.total_timeout) + 1000;
    if (!board_.take_lease(subject_, now, until, seen_generation_)) {
        return false;
    }
    fetch_ = std::make_unique<Fetch>(conf_.client);
    drive();
    return is_fetching();
}

void ProviderWatch::drive()
try {
    if (fetch_->answer) {
        fetch_->flow.answer(*std::exchange(fetch_->answer, std::nullopt));
    }
    auto step = fetch_->flow.next();
    if (auto* request = std::get_if<base::HttpRequest>(&step)) {
        fetch_->call = http_.start(*request, options_, [this](base::HttpResponse response) {
            fetch_->call.reset();
            fetch_->answer = std::move(response);
            drive();
            poll();
        });
        return;
    }
    fetched(std::get<flow::FetchedDocuments>(step));
} catch (const base::Error& error) {
    failed(error.fault(), error.what());
} catch (const std::exception& error) {
    failed(base::Fault::internal, error.what());
}

void ProviderWatch::fetched(const flow::FetchedDocuments& texts)
{
    fetch_.reset();
    if (!board_.post(subject_, join(texts), ngx_time())) {
        failed(
            base::Fault::provider,
            "metadata and keys together are larger than 160 KB; check config_url and the provider");
        return;
    }
    count(store::Counter::metadata_fetched);
    if (std::exchange(has_failed_, false)) {
        ngx_log_error(NGX_LOG_NOTICE, worker_log(), 0,
                      "ciam: provider \"%s\": metadata and keys are there again", conf_.name());
    }
}

void ProviderWatch::failed(base::Fault fault, const std::string& reason)
{
    fetch_.reset();
    board_.fail(subject_, static_cast<int>(fault), reason, monotonic() + retry_after_failure);
    count(store::Counter::metadata_failed);
    log_failure(reason);
}

void ProviderWatch::log_failure(const std::string& reason)
{
    has_failed_ = true;
    log_sparsely({.log = worker_log(),
                  .level = NGX_LOG_ERR,
                  .provider = conf_.name(),
                  .text = reason,
                  .ending = documents_ ? "; logins go on with what was fetched before"
                                       : "; no login is possible until it answers"});
}

flow::ProviderReply ProviderWatch::failure_reply() const
{
    const auto failure = board_.last_failure(subject_);
    flow::ProviderReply reply;
    if (failure.attempt == 0) {
        reply.error = base::Error{base::Fault::provider_timeout, "metadata: no answer in time"};
    } else {
        reply.error = base::Error{static_cast<base::Fault>(failure.fault), failure.reason};
    }
    return reply;
}

bool ProviderWatch::settle(Waiter& waiter, flow::ProviderReply& reply)
{
    if (answer_now(waiter.newer_than_, reply)) {
        return true;
    }
    const bool failed = board_.last_failure(subject_).attempt != waiter.failures_seen_;
    const bool late = static_cast<ngx_msec_int_t>(ngx_current_msec - waiter.deadline_) > 0;
    if (!failed && !late) {
        if (wants_newer_too_soon(waiter.newer_than_)) {
            return false;
        }
        // Where another worker had the lease it may have posted or died since: that is for the next
        // look. Only a failure says that there is nothing to wait for.
        fetch();
        if (fetch_ || !board_.is_too_early(subject_, monotonic())) {
            return false;
        }
    }
    reply = documents_ ? flow::ProviderReply{documents_, std::nullopt} : failure_reply();
    return true;
}

/// They wait for keys that are newer than those at hand, as anybody makes them do who names a key
/// that nobody has: more than these get by with what is there.
bool ProviderWatch::is_crowded(std::uint64_t newer_than) const
{
    return newer_than != 0 && documents_ && waiters_.size() >= most_waiting_for_newer_keys;
}

void ProviderWatch::poll_soon()
{
    if (!poll_timer_.timer_set) {
        ngx_add_timer(&poll_timer_, poll_every);
    }
}

void ProviderWatch::drop(Waiter& waiter)
{
    const auto place = std::exchange(waiter.place_, waiters_.end());
    if (place == waiters_.end()) {
        return;
    }
    if (place == polled_next_) {
        ++polled_next_;
    }
    waiters_.erase(place);
}

void ProviderWatch::poll()
{
    // An answer may wake code that adds or drops waiters, also the one that comes next.
    for (polled_next_ = waiters_.begin(); polled_next_ != waiters_.end();) {
        auto* waiter = *polled_next_++;
        flow::ProviderReply reply;
        if (settle(*waiter, reply)) {
            drop(*waiter);
            const auto done = std::move(waiter->done_); // which destroys the waiter
            done(std::move(reply));
        }
    }
    if (!waiters_.empty()) {
        poll_soon();
    }
}

} // namespace ciam::module
