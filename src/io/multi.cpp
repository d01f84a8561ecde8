#include "io/multi.hpp"

#include <cerrno>
#include <cstdint>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace ciam::io {

namespace {

/// nginx logs an alert for errors that another user of OpenSSL left in the thread's queue.
class TidyErrors {
public:
    TidyErrors() = default;
    TidyErrors(const TidyErrors&) = delete;
    TidyErrors& operator=(const TidyErrors&) = delete;
    ~TidyErrors() { ERR_clear_error(); }
};

// Enough for bursts at one provider; those that come back above it are closed.
constexpr long kept_connections = 32;

std::uint32_t wanted_events(int what)
{
    std::uint32_t events = 0;
    events |= (what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U;
    events |= (what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U;
    return events;
}

int happened(std::uint32_t events)
{
    int what = 0;
    what |= (events & (EPOLLIN | EPOLLHUP)) != 0 ? CURL_CSELECT_IN : 0;
    what |= (events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
    what |= (events & EPOLLERR) != 0 ? CURL_CSELECT_ERR : 0;
    return what;
}

} // namespace

void Transfer::make_easy()
{
    leave();
    easy_ = made(Easy{curl_easy_init()});
    set_option(easy(), CURLOPT_PRIVATE, this);
    set_option(easy(), CURLOPT_NOSIGNAL, 1L);
    // Else stopping a transfer joins its resolver thread: 10 s with a dead name server.
    set_option(easy(), CURLOPT_QUICK_EXIT, 1L);
}

void Transfer::leave() noexcept
{
    if (multi_ != nullptr) {
        multi_->remove(easy());
        multi_ = nullptr;
    }
    easy_.reset();
}

Multi::Multi(ngx_cycle_t* cycle)
    : log_(cycle->log), timer_(this, log_, decltype(timer_)::Exit::goes_on),
      reap_(this, log_, decltype(reap_)::Exit::goes_on)
{
    watch(cycle);
    curl_ = made(decltype(curl_){curl_multi_init()});
    set_options();
}

void Multi::watch(ngx_cycle_t* cycle)
{
    const int set = epoll_create1(EPOLL_CLOEXEC);
    if (set == -1) {
        throw base::Error{base::Fault::internal, "epoll_create1() failed"};
    }
    sockets_.reset(ngx_get_connection(set, cycle->log));
    if (!sockets_) {
        close(set);
        throw base::Error{base::Fault::internal,
                          "no free connection; raise \"worker_connections\""};
    }
    ngx_event_t* read = sockets_->read;
    sockets_->data = this;
    read->log = cycle->log;
    read->handler = [](ngx_event_t* event) {
        static_cast<Multi*>(static_cast<ngx_connection_t*>(event->data)->data)->sockets_ready();
    };
    if (ngx_add_event(read, NGX_READ_EVENT, NGX_LEVEL_EVENT) != NGX_OK) {
        throw base::Error{base::Fault::internal, "nginx can't watch an epoll set"};
    }
}

void Multi::set_options()
{
    set_option(curl_.get(), CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
    set_option(curl_.get(), CURLMOPT_SOCKETDATA, this);
    set_option(curl_.get(), CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
    set_option(curl_.get(), CURLMOPT_TIMERDATA, this);
    set_option(curl_.get(), CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    set_option(curl_.get(), CURLMOPT_MAXCONNECTS, kept_connections);
    // No limit of connections in use: calls that hang must not hold up those behind them. There
    // are never more than requests that wait for them, which worker_connections limits.
    set_option(curl_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, 0L);
    set_option(curl_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, 0L);
}

void Multi::add(Transfer& transfer)
{
    const TidyErrors tidy;
    if (curl_multi_add_handle(curl_.get(), transfer.easy()) != CURLM_OK) {
        throw base::Error{base::Fault::internal, "libcurl can't start a transfer"};
    }
    transfer.multi_ = this;
}

void Multi::remove(CURL* easy) noexcept
{
    const TidyErrors tidy;
    curl_multi_remove_handle(curl_.get(), easy);
}

// NOLINTNEXTLINE(readability-function-size): libcurl wants five parameters
int Multi::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept
{
    const Multi* multi = static_cast<Multi*>(self);
    const int set = multi->sockets_->fd;
    epoll_event event{};
    event.events = wanted_events(what);
    event.data.fd = socket;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(set, EPOLL_CTL_DEL, socket, &event); // fails where the socket is closed already
        return 0;
    }
    // Whether the set has this socket, libcurl does not say reliably.
    if (epoll_ctl(set, EPOLL_CTL_MOD, socket, &event) == -1 &&
        epoll_ctl(set, EPOLL_CTL_ADD, socket, &event) == -1) {
        ngx_log_error(NGX_LOG_ALERT, multi->log_, ngx_errno, "ciam: epoll_ctl() failed");
    }
    return 0; // anything else would end every transfer of the multi
}

int Multi::on_timer(CURLM*, long delay, void* self) noexcept
{
    auto* multi = static_cast<Multi*>(self);
    if (delay < 0) {
        multi->timer_.stop();
    } else {
        multi->timer_.after(static_cast<ngx_msec_t>(delay));
    }
    return 0;
}

void Multi::sockets_ready() noexcept
{
    // The set is watched by level: nginx calls again for the rest, and serves others in between,
    // which a burst of TLS handshakes would hold up.
    constexpr int at_once = 8;
    epoll_event events[at_once];
    const int count = epoll_wait(sockets_->fd, events, at_once, 0);
    for (int i = 0; i < count; ++i) {
        act(events[i].data.fd, happened(events[i].events));
    }
}

void Multi::time_passed() noexcept
{
    act(CURL_SOCKET_TIMEOUT, 0);
}

void Multi::act(curl_socket_t socket, int what) noexcept
{
    const TidyErrors tidy;
    int running = 0;
    curl_multi_socket_action(curl_.get(), socket, what, &running);
    reap_.post(); // what finished must not be touched from within libcurl
}

void Multi::reap() noexcept
{
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(curl_.get(), &left)) {
        if (message->msg == CURLMSG_DONE) {
            const CURLcode result = message->data.result;
            info<Transfer*>(message->easy_handle, CURLINFO_PRIVATE, nullptr)->finished(result);
        }
    }
}

} // namespace ciam::io
