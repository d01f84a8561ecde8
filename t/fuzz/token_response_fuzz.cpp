// A token response: the first byte chooses the status, the rest is the body. Read or refused, and
// what was read can stand in a header.
#include "base/error.hpp"
#include "oidc/token.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;

namespace {

constexpr std::array statuses = {200, 400, 401, 429, 500, 503};

void require_token(std::string_view token)
{
    const auto is_visible = [](char c) { return c > ' ' && c < '\x7F'; };
    if (token.empty() || !std::all_of(token.begin(), token.end(), is_visible)) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) {
        return 0;
    }
    base::HttpResponse response;
    response.status = statuses[data[0] % statuses.size()];
    response.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
    try {
        const auto tokens = oidc::parse_token_response(response);
        require_token(tokens.id_token.view());
        require_token(tokens.access_token.view());
        if (response.status != 200 || tokens.expires_in.value_or(0) < 0) {
            std::abort();
        }
    } catch (const base::Error& error) { // the only exception that may come
        if (std::string_view{error.what()}.find_first_of("\r\n") != std::string_view::npos) {
            std::abort();
        }
    }
    return 0;
}
