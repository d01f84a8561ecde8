// The payload of an access token, signed here so that the rules behind the signature are reached.
// The first byte chooses the typ. Accepted or refused, and what was accepted is from our provider
// and of now.
#include "provider.hpp"

#include "base/error.hpp"
#include "oidc/access_token.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;
using fuzz::client;
using fuzz::keys;
using fuzz::now;
using fuzz::signing_key;

namespace {

constexpr std::array typs = {R"(,"typ":"at+jwt")", R"(,"typ":"JWT")", "", R"(,"typ":"logout+jwt")"};

void require_right(const oidc::AccessToken& token, std::size_t typ)
{
    const auto& claims = token.claims;
    const bool is_ours = claims.string("iss") == client().issuer && !claims.has("cnf");
    const bool is_of_now = token.facts.expires > now - client().clock_skew &&
                           claims.integer("nbf").value_or(now) <= now + client().clock_skew;
    const bool is_safe = !token.facts.is_untyped || (!claims.has("nonce") && !claims.has("events"));
    const auto& subject = token.subject;
    if (!is_ours || !is_of_now || !is_safe || typ == 3 || token.facts.is_untyped != (typ != 0) ||
        subject.empty() || subject.size() > 255) {
        std::abort();
    }
    const oidc::TokenRules rules{{"api"}, {"read"}, false};
    if (oidc::use_of(token.facts, rules) == oidc::TokenUse::allowed &&
        (typ != 0 || std::ranges::count(claims.strings("aud"), "api") == 0)) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) {
        return 0;
    }
    const std::size_t typ = data[0] % typs.size();
    const std::string_view payload{reinterpret_cast<const char*>(data) + 1, size - 1};
    try {
        const auto text = signing_key().sign(signing_key().header(typs[typ]), payload);
        const auto jws = oidc::read_access_token(text, client());
        require_right(oidc::verify_access_token(jws, keys(), client(), now), typ);
    } catch (const base::Error& error) { // the only exception that may come
        if (error.fault() != base::Fault::client) {
            std::abort();
        }
    }
    return 0;
}
