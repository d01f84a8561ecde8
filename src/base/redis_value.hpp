// What Redis answers, whoever read it off the wire, and what it is asked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ciam::base {

struct RedisValue {
    enum class Kind { nil, integer, text, error, array };

    Kind kind = Kind::nil;
    std::int64_t integer = 0;
    std::string text; // of an error too: "OOM command not allowed ..."
    std::vector<RedisValue> items;

    bool is(Kind one) const noexcept { return kind == one; }
};

/// The words of one command; any bytes.
using RedisCommand = std::vector<std::string>;

} // namespace ciam::base
