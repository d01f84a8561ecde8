// One connection to a Redis on nginx's event loop: commands go out, replies come in. hiredis does
// the protocol, but not the connection: its asynchronous half (0.14) looks names up while the
// worker stands still, and aborts the process at replies that it did not expect.
#pragma once

#include "io/nginx_event.hpp"
#include "io/redis_reply.hpp"

#include <deque>
#include <functional>
#include <string>

namespace ciam::io {

class RedisConnection {
public:
    using Reply = std::function<void(const base::RedisValue&)>;

    /// Called from nginx's event loop; each may destroy the connection.
    class Owner {
    public:
        virtual ~Owner() = default;
        virtual void connected() noexcept = 0;
        /// A reply that no command waits for: a message of a channel.
        virtual void heard(const base::RedisValue& message) noexcept = 0;
        /// The end, after which nothing more is called: of commands neither.
        virtual void lost(const std::string& reason) noexcept = 0;
    };

    /// Begins to connect. Throws Error{Fault::internal}: no socket, no memory, refused at once.
    RedisConnection(ngx_cycle_t* cycle, Owner& owner, const sockaddr* address, socklen_t size);
    RedisConnection(const RedisConnection&) = delete;
    RedisConnection& operator=(const RedisConnection&) = delete;
    /// Cancels: what waits for replies is never called.
    ~RedisConnection();

    /// `reply` is called once, from the event loop. An exiting worker waits for it, up to
    /// `timeout`; a command that is not answered by then ends the connection.
    void send(const base::RedisCommand& command, ngx_msec_t timeout, Reply reply);

    /// From now on replies without a command are messages, not mistakes.
    void expect_messages() { expects_messages_ = true; }

    std::size_t waiting() const { return waiting_.size(); }

private:
    struct Waiting {
        Reply reply;
        ngx_msec_t deadline;
    };
    struct Close {
        void operator()(ngx_connection_t* connection) const noexcept
        {
            ngx_close_connection(connection);
        }
    };

    void open(ngx_cycle_t* cycle, int family);
    void watch_writing(bool on);
    void readable() noexcept;
    void writable() noexcept;
    void flush() noexcept;
    void too_late() noexcept;

    void finish_connecting();
    void write_some();
    bool read_some();
    bool dispatch(const base::RedisValue& value);
    void arm_deadline();
    template <class Work> void guarded(Work work) noexcept;
    void fail(const std::string& reason) noexcept;

    ngx_log_t* log_;
    Owner& owner_;
    Event<RedisConnection, &RedisConnection::flush> flush_;
    Event<RedisConnection, &RedisConnection::too_late> deadline_;
    std::unique_ptr<ngx_connection_t, Close> socket_;
    RedisReplyReader reader_;
    std::string out_;
    std::deque<Waiting> waiting_;
    bool is_connected_ = false;
    bool expects_messages_ = false;
    bool watches_writing_ = false;
    bool* destroyed_ = nullptr; // set while something of ours runs that may destroy us
};

} // namespace ciam::io
