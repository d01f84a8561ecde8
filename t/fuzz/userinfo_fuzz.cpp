// An answer of the userinfo endpoint, plain or signed (the first byte says which): read or refused,
// and what was taken is of the customer who logs in. Nobody's signature holds here.
#include "base/error.hpp"
#include "oidc/userinfo.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;

namespace {

// RFC 8037 appendix A.2
const jose::Keys& keys()
{
    static const jose::Keys set =
        jose::Keys::parse(R"({"keys":[{"kty":"OKP","crv":"Ed25519",)"
                          R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
    return set;
}

const oidc::Client& client()
{
    static const oidc::Client example = [] {
        oidc::Client made;
        made.issuer = "https://idp.example";
        made.client_id = "shop";
        return made;
    }();
    return example;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) {
        return 0;
    }
    const bool is_signed = data[0] % 2 == 1;
    base::HttpResponse response;
    response.status = 200;
    response.content_type = is_signed ? "application/jwt" : "application/json";
    response.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
    try {
        const auto answer = oidc::read_userinfo(response, client());
        const auto claims = oidc::verify_userinfo(answer, keys(), client(), "zoe");
        if (is_signed || claims.string("sub") != "zoe") {
            std::abort();
        }
    } catch (const base::Error& error) { // the only exception that may come
        if (std::string_view{error.what()}.find_first_of("\r\n") != std::string_view::npos) {
            std::abort();
        }
    }
    return 0;
}
