// A provider's metadata: parsed or refused, and what was parsed is our issuer's and all https.
#include "base/error.hpp"
#include "oidc/metadata.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;

namespace {

const oidc::Client& client()
{
    static const oidc::Client example = [] {
        oidc::Client made;
        made.issuer = "https://idp.example";
        return made;
    }();
    return example;
}

void require_https(const std::string& url)
{

    if (url.size() < 9 || (url[4] != 's' && url[4] != 'S') ||
        url.find_first_of("\r\n\t \\#") != std::string::npos) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        const auto metadata =
            oidc::parse_metadata({reinterpret_cast<const char*>(data), size}, client());
        if (metadata.issuer != client().issuer) {
            std::abort();
        }
        for (const auto& url :
             {metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri}) {
            require_https(url);
        }
        require_https(metadata.userinfo_endpoint.value_or("https://x/"));
        require_https(metadata.end_session_endpoint.value_or("https://x/"));
    } catch (const base::Error&) { // the only exception that may come
    }
    return 0;
}
