// Bytes from what should be Redis, in two pieces: replies come of them or they are refused, the
// same ones however they are cut.
#include "base/error.hpp"
#include "io/redis_reply.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;

namespace {

struct Read {
    std::size_t replies = 0;
    bool refused = false;
    bool operator==(const Read&) const = default;
};

void take(io::RedisReplyReader& reader, std::string_view bytes, Read& read)
{
    if (read.refused) {
        return;
    }
    try {
        reader.feed(bytes.data(), bytes.size());
        while (reader.next()) {
            read.replies++;
        }
    } catch (const base::Error&) { // the only exception that may come
        read.refused = true;
    }
}

Read read_in_two(std::string_view bytes, std::size_t at)
{
    io::RedisReplyReader reader;
    Read read;
    take(reader, bytes.substr(0, at), read);
    take(reader, bytes.substr(at), read);
    return read;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    if (read_in_two(bytes, 0) != read_in_two(bytes, size / 3)) {
        std::abort();
    }
    return 0;
}
