// libcurl's multi handle on nginx's event loop. libcurl 7.88 closes sockets before it says so, and
// nginx would log alerts about them; so they live in an epoll set of their own, and nginx watches
// that set's descriptor alone.
#pragma once

#include "io/curl.hpp"
#include "io/nginx_event.hpp"

namespace ciam::io {

class Multi;

/// A libcurl transfer. The derived class calls leave() in its destructor.
class Transfer {
public:
    Transfer() = default;
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;
    virtual ~Transfer() = default;

protected:
    /// From a posted event of nginx, once; may destroy the transfer.
    virtual void finished(CURLcode result) noexcept = 0;

    /// Makes easy() anew. Throws Error{Fault::internal}.
    void make_easy();
    CURL* easy() const noexcept { return easy_.get(); }

    /// Stops the transfer, if it runs, and releases easy(). Never waits.
    void leave() noexcept;

private:
    friend class Multi;

    Easy easy_;
    Multi* multi_ = nullptr; // not null: it runs there
};

class Multi {
public:
    /// Throws Error{Fault::internal}.
    explicit Multi(ngx_cycle_t* cycle);
    Multi(const Multi&) = delete;
    Multi& operator=(const Multi&) = delete;
    ~Multi() = default;

    /// Starts a transfer. Nothing is called back from within. Throws Error{Fault::internal}.
    void add(Transfer& transfer);

private:
    friend class Transfer;

    struct Close {
        void operator()(ngx_connection_t* connection) const noexcept
        {
            ngx_close_connection(connection);
        }
    };

    static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void*) noexcept;
    static int on_timer(CURLM* multi, long delay, void* self) noexcept;

    void watch(ngx_cycle_t* cycle);
    void set_options();
    void remove(CURL* easy) noexcept;
    void sockets_ready() noexcept;
    void time_passed() noexcept;
    void act(curl_socket_t socket, int what) noexcept;
    void reap() noexcept;

    ngx_log_t* log_;
    // A call holds an exiting worker by a timer of its own: what libcurl wants beyond it can go.
    Event<Multi, &Multi::time_passed> timer_;
    Event<Multi, &Multi::reap> reap_;
    std::unique_ptr<ngx_connection_t, Close> sockets_; // its fd is the epoll set
    std::unique_ptr<CURLM, MultiRelease> curl_;        // last: going, it still calls back
};

} // namespace ciam::io
