// JSON from a provider: parsed or refused, and every reader answers or throws Error.
#include "base/error.hpp"
#include "base/json.hpp"

#include <cstddef>
#include <cstdint>

using ciam::base::Error;
using ciam::base::Json;

namespace {

template <class Read> void attempt(Read read)
{
    try {
        read();
    } catch (const Error&) { // the only exception that may come
    }
}

void read_members(const Json& json)
{
    for (const char* name : {"a", "iss", "aud", "exp", "email_verified", ""}) {
        attempt([&] { json.string(name); });
        attempt([&] { json.integer(name); });
        attempt([&] { json.boolean(name); });
        attempt([&] { json.strings(name); });
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    attempt([&] { read_members(Json::parse_object(text, "fuzz", 1 << 16)); });
    return 0;
}
