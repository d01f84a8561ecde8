// The payload of a logout token, signed here so that the rules behind the signature are reached:
// accepted or refused, and what was accepted is for us, from our provider, of now, and names
// somebody.
#include "provider.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "oidc/logout_token.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;
using fuzz::client;
using fuzz::keys;
using fuzz::now;
using fuzz::signing_key;

namespace {

void require_right(const oidc::LogoutToken& token, std::string_view payload)
{
    const auto claims = base::Json::parse_object(payload, "logout token");
    const auto audiences = claims.strings("aud");
    const bool is_for_us = std::count(audiences.begin(), audiences.end(), "shop") > 0 &&
                           claims.string("iss") == client().issuer;
    const bool is_of_now = token.expires > now && token.issued <= now + client().clock_skew &&
                           token.expires <= now + 2 * 3600;
    if (!is_for_us || !is_of_now || !claims.has("events") || claims.has("nonce") ||
        token.jti.empty() || !(token.subject || token.sid)) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view payload{reinterpret_cast<const char*>(data), size};
    try {
        const auto jws = jose::parse_jws(signing_key().sign(payload));
        require_right(oidc::verify_logout_token(jws, keys(), client(), {.now = now}), payload);
    } catch (const base::Error&) { // the only exception that may come
    }
    return 0;
}
