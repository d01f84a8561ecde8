// Claims of a provider, up to a line feed from the ID token, then from userinfo: each that is
// wanted comes out once, and a text that comes out can stand in a header.
#include "base/error.hpp"
#include "oidc/claims.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;

namespace {

const std::vector<oidc::WantedClaim>& wanted()
{
    static const std::vector<oidc::WantedClaim> claims = {
        {"sub", {"sub"}}, {"a", {"a"}}, {"a.b", {"a", "b"}}, {"a.b.c", {"a", "b", "c"}}};
    return claims;
}

void require_header_value(std::string_view text)
{
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (text.empty() || text.size() > 8192 || std::any_of(text.begin(), text.end(), is_control)) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto end = std::min(text.find('\n'), size);
    try {
        const auto id_token = base::Json::parse_object(text.substr(0, end), "ID token");
        const auto more = text.substr(std::min(end + 1, size));
        const auto userinfo = base::Json::parse_object(more.empty() ? "{}" : more, "userinfo");
        const auto claims = oidc::collect_claims(wanted(), id_token, &userinfo);
        for (const auto& claim : claims.found) {
            require_header_value(claim.text);
        }
        if (claims.found.size() + claims.missing.size() + claims.refused.size() !=
            wanted().size()) {
            std::abort();
        }
    } catch (const base::Error&) { // the only exception that may come
    }
    return 0;
}
