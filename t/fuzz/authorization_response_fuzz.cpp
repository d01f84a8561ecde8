// The query of a callback: read or refused, and what was read has a state and one of code and
// error.
#include "base/error.hpp"
#include "oidc/authorization.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        const auto response =
            oidc::parse_authorization_response({reinterpret_cast<const char*>(data), size});
        const auto error = response.error.value_or("x");
        if (response.state.empty() || response.code.has_value() == response.error.has_value() ||
            response.code == "" || error.empty() ||
            error.find_first_of("\r\n<>\"& ") != std::string::npos) {
            std::abort();
        }
    } catch (const base::Error&) { // the only exception that may come
    }
    return 0;
}
