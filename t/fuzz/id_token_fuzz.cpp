// The payload of an ID token, signed here so that the rules behind the signature are reached:
// accepted or refused, and what was accepted is for us, from our provider, of now, of this login.
#include "provider.hpp"

#include "base/error.hpp"
#include "oidc/id_token.hpp"

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

void require_right(const oidc::IdToken& token)
{
    const auto& claims = token.claims;
    const auto audiences = claims.strings("aud");
    const bool is_for_us = std::count(audiences.begin(), audiences.end(), "shop") > 0 &&
                           (audiences.size() == 1 || claims.string("azp") == "shop");
    const bool is_of_now = claims.integer("exp").value_or(0) > now - client().clock_skew &&
                           claims.integer("iat").value_or(0) > 0;
    if (!is_for_us || !is_of_now || claims.string("iss") != client().issuer ||
        claims.string("nonce") != "once" || token.subject.empty() || token.subject.size() > 255) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view payload{reinterpret_cast<const char*>(data), size};
    try {
        const auto jws = jose::parse_jws(signing_key().sign(payload));
        require_right(oidc::verify_id_token(
            jws, keys(), client(), {.nonce = "once", .access_token = "token", .now = now}));
    } catch (const base::Error&) { // the only exception that may come
    }
    return 0;
}
