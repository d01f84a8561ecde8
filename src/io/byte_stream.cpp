#include "io/byte_stream.hpp"

#include "base/error.hpp"
#include "io/nginx_event.hpp"

#include <cerrno>
#include <sys/socket.h>

namespace ciam::io {
namespace {

[[noreturn]] void failed(const std::string& reason)
{
    throw base::Error{base::Fault::internal, reason};
}

bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

class PlainStream final : public ByteStream {
public:
    explicit PlainStream(int socket) : socket_(socket) {}

    bool greet() override { return true; }

    std::size_t read(char* to, std::size_t room) override
    {
        constexpr char tls_alert = '\x15'; // RFC 8446 section 5.1; nothing of Redis begins so
        const auto count = recv(socket_, to, room, 0);
        waits_to_write_ = false;
        if (count == 0) {
            failed("it closed the connection" + hint());
        }
        const auto bytes = taken(count);
        if (bytes > 0 && is_first_ && to[0] == tls_alert) {
            failed("it answers in TLS" + hint());
        }
        is_first_ = is_first_ && bytes == 0;
        return bytes;
    }

    std::size_t write(std::string_view bytes) override
    {
        const auto count = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        waits_to_write_ = count < 0;
        return taken(count);
    }

    bool waits_to_write() const override { return waits_to_write_; }

private:
    std::size_t taken(ssize_t count) const
    {
        if (count < 0 && !would_block(errno)) {
            failed("the connection broke: " + system_text(errno) + hint());
        }
        return count < 0 ? 0 : static_cast<std::size_t>(count);
    }

    /// Redis that waits for TLS says nothing else to whoever comes without, as a rule.
    std::string hint() const
    {
        return is_first_ ? "; if it speaks TLS there, write rediss:// in redis=" : "";
    }

    int socket_;
    bool is_first_ = true;
    bool waits_to_write_ = false;
};

} // namespace

std::unique_ptr<ByteStream> plain_stream(int socket)
{
    return std::make_unique<PlainStream>(socket);
}

std::string system_text(int error)
{
    u_char text[128];
    const u_char* end = ngx_strerror(error, text, sizeof(text));
    return {reinterpret_cast<const char*>(text), reinterpret_cast<const char*>(end)};
}

} // namespace ciam::io
