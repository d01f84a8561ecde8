// A query from a browser: parsed or refused, and what was parsed survives encoding.
#include "base/error.hpp"
#include "base/parameters.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using ciam::base::Error;
using ciam::base::Parameters;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        const auto parameters = Parameters::parse({reinterpret_cast<const char*>(data), size});
        const auto again = Parameters::parse(parameters.encode());
        if (!std::equal(parameters.begin(), parameters.end(), again.begin(), again.end())) {
            std::abort();
        }
        parameters.get("state");
    } catch (const Error&) { // the only exception that may come
    }
    return 0;
}
