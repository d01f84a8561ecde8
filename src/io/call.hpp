// One call from its start to its answer: look-up, transfer, time limits.
#pragma once

#include "base/url.hpp"
#include "io/answer.hpp"
#include "io/connections.hpp"
#include "io/failure.hpp"
#include "io/http_client.hpp"
#include "io/resolve.hpp"

#include <array>
#include <set>

namespace ciam::io {

class HttpCall;

/// What all calls of a worker share.
struct Workshop {
    explicit Workshop(ngx_cycle_t* worker_cycle)
        : cycle(worker_cycle), names(worker_cycle), connections(worker_cycle)
    {
    }

    ngx_cycle_t* cycle;
    SystemResolver names;
    Connections connections;
    std::set<HttpCall*> calls; // that may still use this workshop
};

class HttpCall final : public Call, private Transfer {
public:
    using Done = std::function<void(base::HttpResponse)>;

    HttpCall(Workshop& workshop, const base::HttpRequest& request, CallOptions options, Done done);
    HttpCall(const HttpCall&) = delete;
    HttpCall& operator=(const HttpCall&) = delete;
    ~HttpCall() override;

    void start() noexcept;

    /// The workshop goes away: the call is cancelled and does nothing any more.
    void abandon() noexcept;

private:
    void look_up();
    void resolved(const Resolved& names) noexcept;
    void connect(const std::vector<std::string>& addresses);
    void try_addresses();
    void try_alone();
    std::vector<std::string> next_addresses();
    void forget_addresses() noexcept;
    void set_options(const std::vector<std::string>& addresses);
    void set_addresses(const std::vector<std::string>& addresses);
    void set_limits();
    void set_tls();
    void set_message();

    static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) noexcept;
    static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) noexcept;

    void finished(CURLcode result) noexcept override;
    void too_late() noexcept;
    void deliver() noexcept;

    ngx_msec_t time_left() const;
    ngx_msec_t look_up_limit() const;
    bool is_multiplexed() const noexcept;
    std::string peer() const; // "host:port"
    base::HttpResponse read_answer();
    void fail(base::Fault fault, std::string reason) noexcept;
    void finish(base::HttpResponse response) noexcept;
    template <class Work> void guarded(Work work) noexcept;

    Workshop* workshop_; // null: abandoned
    base::HttpRequest request_;
    CallOptions options_;
    Done done_;

    // Keeps an exiting worker until the answer has been delivered.
    Event<HttpCall, &HttpCall::too_late> deadline_;
    Event<HttpCall, &HttpCall::deliver> delivery_;
    ngx_msec_t began_;

    base::Url url_{};
    std::unique_ptr<Lookup> lookup_;
    std::shared_ptr<Pool> pool_; // not null: it is a transfer now
    std::vector<std::string> untried_;
    std::vector<std::string> tried_; // last
    bool is_alone_ = false;          // the last try, on a connection of its own
    List headers_;
    List addresses_;
    Answer answer_;
    std::array<char, CURL_ERROR_SIZE> error_text_{};
    base::HttpResponse response_;
};

} // namespace ciam::io
