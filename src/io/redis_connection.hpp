// One connection to a Redis on nginx's event loop: commands go out, replies come in. hiredis does
// the protocol, but not the connection: its asynchronous half (0.14) looks names up while the
// worker stands still, and aborts the process at replies that it did not expect.
#pragma once

#include "io/nginx_event.hpp"
#include "io/redis_address.hpp"
#include "io/redis_reply.hpp"
#include "io/tls_client.hpp"

#include <deque>
#include <functional>
#include <string>

namespace ciam::io {

/// Where a connection goes.
struct RedisTarget {
    SocketAddress address;
    const TlsClient* tls = nullptr; // null: without; outlives the connection
    std::string host;               // with TLS: what the certificate has to hold
};

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
    RedisConnection(ngx_cycle_t* cycle, Owner& owner, const RedisTarget& target);
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
    /// Before connected(), once there is a connection: TLS is being agreed on.
    bool is_greeting() const { return is_connected_ && !is_open_; }

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
    void something_happened() noexcept;
    void flush() noexcept;
    void too_late() noexcept;

    bool finish_connecting();
    void make_progress(const bool& destroyed);
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
    std::unique_ptr<ByteStream> stream_; // says goodbye before the socket closes
    RedisReplyReader reader_;
    std::string out_;
    std::deque<Waiting> waiting_;
    bool is_connected_ = false; // the socket
    bool is_open_ = false;      // for commands
    bool expects_messages_ = false;
    bool watches_writing_ = false;
    bool* destroyed_ = nullptr; // set while something of ours runs that may destroy us
};

} // namespace ciam::io
