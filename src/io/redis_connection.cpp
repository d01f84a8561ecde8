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

} // namespace

RedisConnection::RedisConnection(ngx_cycle_t* cycle, Owner& owner, const RedisTarget& target)
    : log_(cycle->log), owner_(owner), flush_(this, log_, decltype(flush_)::Exit::waits),
      deadline_(this, log_, decltype(deadline_)::Exit::waits)
{
    const auto& address = target.address;
    open(cycle, address.get()->sa_family);
    stream_ = target.tls != nullptr ? target.tls->stream(socket_->fd, target.host)
                                    : plain_stream(socket_->fd);
    if (connect(socket_->fd, address.get(), address.size) == -1 && errno != EINPROGRESS) {
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
        event->handler = [](ngx_event_t* happened) {
            static_cast<RedisConnection*>(static_cast<ngx_connection_t*>(happened->data)->data)
                ->something_happened();
        };
    }
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
    stream_.reset();
    socket_.reset();
    owner_.lost(reason); // destroys this as a rule
}

/// TLS may have to read before it can write, and the other way round.
void RedisConnection::something_happened() noexcept
{
    guarded([this](const bool& destroyed) { make_progress(destroyed); });
}

void RedisConnection::make_progress(const bool& destroyed)
{
    if (!is_open_ && !finish_connecting()) {
        return;
    }
    for (int i = 0; i < reads_in_a_turn && !destroyed && read_some(); ++i) {
    }
    if (!destroyed) {
        write_some();
    }
}

/// False: nothing more for now, or the connection was destroyed.
bool RedisConnection::read_some()
{
    char bytes[read_at_once];
    const auto count = stream_->read(bytes, sizeof(bytes));
    if (count == 0) {
        return false;
    }
    reader_.feed(bytes, count);
    while (const auto value = reader_.next()) {
        if (!dispatch(*value)) {
            return false;
        }
    }
    return count == sizeof(bytes); // as much as a record of TLS holds at most
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

/// False: not yet. Else the owner has been told, who may have destroyed the connection.
bool RedisConnection::finish_connecting()
{
    if (!is_connected_) {
        int error = 0;
        socklen_t size = sizeof(error);
        if (getsockopt(socket_->fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1) {
            error = errno;
        }
        if (error != 0) {
            failed("no connection: " + system_text(error));
        }
        is_connected_ = true;
    }
    is_open_ = stream_->greet();
    if (!is_open_) {
        watch_writing(stream_->waits_to_write());
        return false;
    }
    owner_.connected();
    return true;
}

void RedisConnection::flush() noexcept
{
    guarded([this](const bool&) {
        if (is_open_) {
            write_some();
        }
    });
}

void RedisConnection::write_some()
{
    std::size_t written = 0;
    while (written < out_.size()) {
        const auto count = stream_->write(std::string_view{out_}.substr(written));
        if (count == 0) {
            break;
        }
        written += count;
    }
    out_.erase(0, written);
    watch_writing(stream_->waits_to_write());
}

void RedisConnection::too_late() noexcept
{
    fail("it did not answer in time");
}

} // namespace ciam::io
