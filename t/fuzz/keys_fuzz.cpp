// A key set from a provider: parsed or refused, and no key is offered for what it is not for.
#include "base/error.hpp"
#include "jose/keys.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <openssl/err.h>

using namespace ciam;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        const auto keys = jose::Keys::parse({reinterpret_cast<const char*>(data), size});
        for (const jose::Key* key : keys.candidates("", jose::Algorithm::rs256)) {
            if (EVP_PKEY_is_a(key->key.get(), "RSA") != 1 ||
                EVP_PKEY_get_bits(key->key.get()) < 2048) {
                std::abort();
            }
        }
    } catch (const base::Error&) { // the only exception that may come
    }
    if (ERR_peek_error() != 0) {
        std::abort();
    }
    return 0;
}
