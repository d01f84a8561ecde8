// An encrypted token from a provider: refused, for the keys here have encrypted nothing. Its parts
// reach every way to a key and every cipher with lengths of their own choosing.
#include "base/error.hpp"
#include "jose/jwe.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;

namespace {

// RFC 7520 sections 5.5.1 and 5.6.1, RFC 7516 appendix A.1.3.
const std::array<jose::DecryptionKey, 3>& keys()
{
    static const std::array all{
        jose::DecryptionKey::parse(
            R"({"kty":"EC","crv":"P-256","x":"Ze2loSV3wrroKUN_4zhwGhCqo3Xhu1td4QjeQ5wIVR0",)"
            R"("y":"HlLtdXARY_f55A3fnzQbPcm6hgr34Mp8p-nuzQCE0Zw",)"
            R"("d":"r_kHyZ-a06rmxM3yESK84r1otSg-aQcVStkRhA-iCM8"})"),
        jose::DecryptionKey::parse(R"({"kty":"oct","k":"XctOhJAkA-pD9Lh7ZgW_2A"})"),
        jose::DecryptionKey::from_client_secret("a secret")};
    return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) {
        return 0;
    }
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    try {
        const auto& key = keys().at(data[0] % keys().size());
        const auto inside = jose::decrypt_jwe(text.substr(1), key);
        // A seed may open; what was made of it may not say more than it.
        if (inside.size() > size) {
            std::abort();
        }
    } catch (const base::Error& error) { // the only exception that may come
        if (error.fault() != base::Fault::provider) {
            std::abort();
        }
    }
    return 0;
}
