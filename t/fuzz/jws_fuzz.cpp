// A signed token from a provider: parsed or refused, and nobody's signature ever holds.
#include "base/error.hpp"
#include "jose/jws.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;

namespace {

// Keys of RFC 7515 appendix A.3 and RFC 8037 appendix A.2, without kid: tried on every token.
const jose::Keys& keys()
{
    static const jose::Keys set = jose::Keys::parse(
        R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},{"kty":"OKP","crv":"Ed25519",)"
        R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
    return set;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using enum jose::Algorithm;
    constexpr std::array allowed = {rs256, ps256, es256, es384, es512, eddsa};
    try {
        const auto jws = jose::parse_jws({reinterpret_cast<const char*>(data), size});
        jose::verify_jws(jws, keys(), allowed);
    } catch (const base::Error&) { // the only exception that may come
        return 0;
    }
    std::abort();
}
