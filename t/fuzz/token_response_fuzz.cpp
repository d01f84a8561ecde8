// A token response, of a login and of a refresh, and the answer to a pushed authorization request:
// the first byte chooses the status, the rest is the body. Read or refused, and what was read can
// stand in a header.
#include "base/error.hpp"
#include "oidc/pushed_authorization.hpp"
#include "oidc/token.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;

namespace {

constexpr std::array statuses = {200, 400, 401, 429, 500, 503, 201};

void require_token(std::string_view token)
{
    const auto is_visible = [](char c) { return c > ' ' && c < '\x7F'; };
    if (token.empty() || !std::all_of(token.begin(), token.end(), is_visible)) {
        std::abort();
    }
}

void require_tokens(const oidc::TokenResponse& tokens)
{
    require_token(tokens.access_token.view());
    if (tokens.expires_in.value_or(0) < 0) {
        std::abort();
    }
    // It goes into a form's body alone, and may hold spaces (RFC 6749 appendix A.17).
    const auto is_printable = [](char c) { return c >= ' ' && c < '\x7F'; };
    const auto refresh_token = tokens.refresh_token.view();
    if (!std::all_of(refresh_token.begin(), refresh_token.end(), is_printable)) {
        std::abort();
    }
}

void read_login(const base::HttpResponse& response)
{
    const auto tokens = oidc::parse_token_response(response);
    require_token(tokens.id_token.view());
    require_tokens(tokens);
    if (response.status != 200) {
        std::abort();
    }
}

void read_refresh(const base::HttpResponse& response)
{
    if (const auto tokens = oidc::parse_refresh_response(response)) {
        require_tokens(*tokens);
    }
}

void read_pushed(const base::HttpResponse& response)
{
    oidc::Metadata metadata;
    metadata.authorization_endpoint = "https://idp.example/authorize";
    // An address, which goes into a header as a token does.
    require_token(oidc::pushed_authorization_url({}, metadata, oidc::parse_pushed(response)));
    if (response.status != 201) {
        std::abort();
    }
}

void try_to(void (*read)(const base::HttpResponse&), const base::HttpResponse& response)
{
    try {
        read(response);
    } catch (const base::Error& error) { // the only exception that may come
        if (std::string_view{error.what()}.find_first_of("\r\n") != std::string_view::npos) {
            std::abort();
        }
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
    for (const auto read : {read_login, read_refresh, read_pushed}) {
        try_to(read, response);
    }
    return 0;
}
