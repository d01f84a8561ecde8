// The bytes of a connection, over a socket that never blocks.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace ciam::io {

/// Reading and writing throw Error{Fault::internal} once the connection is at its end, with a
/// sentence that says why.
class ByteStream {
public:
    virtual ~ByteStream() = default;

    /// What comes before the first byte. False: not done yet, call it again.
    virtual bool greet() = 0;
    /// Up to `room` bytes; 0: none for now.
    virtual std::size_t read(char* to, std::size_t room) = 0;
    /// How many it took; 0: none for now.
    virtual std::size_t write(std::string_view bytes) = 0;
    /// What the last of these calls waits for, when it was not done: a socket that takes bytes.
    /// False: for one that has some.
    virtual bool waits_to_write() const = 0;
};

/// The socket's bytes as they are. Whoever makes it closes the socket.
std::unique_ptr<ByteStream> plain_stream(int socket);

/// The sentence of an error number.
std::string system_text(int error);

} // namespace ciam::io
