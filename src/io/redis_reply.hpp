// Replies of Redis off the wire. hiredis reads them; what is too large is refused before it takes
// memory, since the other end may be anything.
#pragma once

#include "base/redis_value.hpp"

#include <memory>
#include <optional>
#include <string_view>

struct redisReader;

namespace ciam::io {

class RedisReplyReader {
public:
    /// Throws base::Error.
    RedisReplyReader();

    void feed(const char* bytes, std::size_t count);

    /// nullopt: more bytes are needed. Throws Error{Fault::internal} when these are no replies;
    /// then nothing more is to be read.
    std::optional<base::RedisValue> next();

private:
    struct Release {
        void operator()(redisReader* reader) const noexcept;
    };
    std::unique_ptr<redisReader, Release> reader_;
    std::size_t unread_ = 0; // bytes since the last whole reply
};

/// One command as Redis reads it.
std::string redis_text(const base::RedisCommand& command);

} // namespace ciam::io
