#include "io/redis_connection.hpp"

#include "base/error.hpp"

#include <cerrno>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ciam::io {
namespace {

constexpr std::size_t most_unsent = 8 * 1024 * 1024;
constexpr std::size_t most_waiting = 8192;
constexpr std::size_t read_at_once = 16 * 1024;
constexpr int reads_in_a_turn = 16; // others want to be served too; the event comes again

[[noreturn]] void failed(const std::string& reason)
{
    throw base::Error{base::Fault::internal, reason};
}

std::string system_text(int error)
{
    u_char text[128];
    const u_char* end = ngx_strerror(error, text, sizeof(text));
    return {reinterpret_cast<const char*>(text), reinterpret_cast<const char*>(end)};
}

bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

} // namespace

RedisConnection::RedisConnection(ngx_cycle_t* cycle, Owner& owner, const sockaddr* address,
                                 socklen_t size)
    : log_(cycle->log), owner_(owner), flush_(this, log_, decltype(flush_)::Exit::waits),
      deadline_(this, log_, decltype(deadline_)::Exit::waits)
{
    open(cycle, address->sa_family);
    if (connect(socket_->fd, address, size) == -1 && errno != EINPROGRESS) {
        failed("no connection: " + system_text(errno));
    }
    watch_writing(true);
}

RedisConnection::~RedisConnection()
{
    if (destroyed_ != nullptr) {
        *destroyed_ = true;
    }
}

void RedisConnection::open(ngx_cycle_t* cycle, int family)
{
    const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1) {
        failed("no socket: " + system_text(errno));
    }
    socket_.reset(ngx_get_connection(fd, cycle->log));
    if (!socket_) {
        close(fd);
        failed("no free connection; raise \"worker_connections\"");
    }
    const int on = 1;
    if (family != AF_UNIX) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    socket_->data = this;
    for (ngx_event_t* event : {socket_->read, socket_->write}) {
        event->log = cycle->log;
    }
    socket_->read->handler = [](ngx_event_t* event) {
        static_cast<RedisConnection*>(static_cast<ngx_connection_t*>(event->data)->data)
            ->readable();
    };
    socket_->write->handler = [](ngx_event_t* event) {
        static_cast<RedisConnection*>(static_cast<ngx_connection_t*>(event->data)->data)
            ->writable();
    };
    if (ngx_add_event(socket_->read, NGX_READ_EVENT, NGX_LEVEL_EVENT) != NGX_OK) {
        failed("nginx can't watch a socket");
    }
}

void RedisConnection::watch_writing(bool on)
{
    if (watches_writing_ == on) {
        return;
    }
    const auto done = on ? ngx_add_event(socket_->write, NGX_WRITE_EVENT, NGX_LEVEL_EVENT)
                         : ngx_del_event(socket_->write, NGX_WRITE_EVENT, 0);
    if (done != NGX_OK) {
        failed("nginx can't watch a socket");
    }
    watches_writing_ = on;
}

void RedisConnection::send(const base::RedisCommand& command, ngx_msec_t timeout, Reply reply)
{
    if (waiting_.size() >= most_waiting || out_.size() >= most_unsent) {
        failed("too many commands are under way");
    }
    out_ += redis_text(command);
    waiting_.push_back({std::move(reply), ngx_current_msec + timeout});
    if (waiting_.size() == 1) {
        arm_deadline();
    }
    flush_.post(); // at the end of this turn, so that what belongs together goes together
}

/// For the command that waits longest.
void RedisConnection::arm_deadline()
{
    if (waiting_.empty()) {
        deadline_.stop();
        return;
    }
    const auto left = static_cast<ngx_msec_int_t>(waiting_.front().deadline - ngx_current_msec);
    deadline_.after(left > 0 ? static_cast<ngx_msec_t>(left) : 1);
}

template <class Work> void RedisConnection::guarded(Work work) noexcept
{
    bool destroyed = false;
    destroyed_ = &destroyed;
    std::string reason;
    try {
        work(destroyed);
    } catch (const std::exception& error) {
        reason = error.what();
    }
    if (destroyed) {
        return;
    }
    destroyed_ = nullptr;
    if (!reason.empty()) {
        fail(reason);
    }
}

void RedisConnection::fail(const std::string& reason) noexcept
{
    deadline_.cancel();
    flush_.cancel();
    socket_.reset();
    owner_.lost(reason); // destroys this as a rule
}

void RedisConnection::readable() noexcept
{
    guarded([this](const bool& destroyed) {
        if (!is_connected_) {
            finish_connecting();
        }
        for (int i = 0; i < reads_in_a_turn && !destroyed; ++i) {
            if (!read_some()) {
                return;
            }
        }
    });
}

/// False: nothing more for now, or the connection was destroyed.
bool RedisConnection::read_some()
{
    char bytes[read_at_once];
    const auto count = recv(socket_->fd, bytes, sizeof(bytes), 0);
    if (count == 0) {
        failed("it closed the connection");
    }
    if (count < 0) {
        if (would_block(errno)) {
            return false;
        }
        failed("the connection broke: " + system_text(errno));
    }
    reader_.feed(bytes, static_cast<std::size_t>(count));
    while (const auto value = reader_.next()) {
        if (!dispatch(*value)) {
            return false;
        }
    }
    return static_cast<std::size_t>(count) == sizeof(bytes);
}

/// False when that destroyed the connection.
bool RedisConnection::dispatch(const base::RedisValue& value)
{
    const bool* destroyed = destroyed_; // outlives us
    const bool is_message = expects_messages_ && value.is(base::RedisValue::Kind::array) &&
                            value.items.size() == 3 && value.items[0].text == "message";
    if (is_message) {
        owner_.heard(value);
    } else if (!waiting_.empty()) {
        const Reply reply = std::move(waiting_.front().reply);
        waiting_.pop_front();
        arm_deadline();
        reply(value);
    } else {
        // Redis that has no room for one more client says so unasked.
        const bool is_error = value.is(base::RedisValue::Kind::error);
        failed(is_error ? "it refuses the connection" : "what answers there is no Redis");
    }
    return !*destroyed;
}

void RedisConnection::writable() noexcept
{
    guarded([this](const bool& destroyed) {
        if (!is_connected_) {
            finish_connecting();
        }
        if (!destroyed) {
            write_some();
        }
    });
}

void RedisConnection::finish_connecting()
{
    int error = 0;
    socklen_t size = sizeof(error);
    if (getsockopt(socket_->fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1) {
        error = errno;
    }
    if (error != 0) {
        failed("no connection: " + system_text(error));
    }
    is_connected_ = true;
    owner_.connected();
}

void RedisConnection::flush() noexcept
{
    guarded([this](const bool&) {
        if (is_connected_) {
            write_some();
        }
    });
}

void RedisConnection::write_some()
{
    std::size_t written = 0;
    while (written < out_.size()) {
        const auto count =
            ::send(socket_->fd, out_.data() + written, out_.size() - written, MSG_NOSIGNAL);
        if (count < 0) {
            if (would_block(errno)) {
                break;
            }
            failed("the connection broke: " + system_text(errno));
        }
        written += static_cast<std::size_t>(count);
    }
    out_.erase(0, written);
    watch_writing(!out_.empty());
}

void RedisConnection::too_late() noexcept
{
    fail("it did not answer in time");
}

} // namespace ciam::io
