#include "base/random.hpp"

#include "base/error.hpp"

#include <limits>
#include <openssl/rand.h>

namespace ciam::base {

std::string random_bytes(std::size_t count)
{
    std::string bytes(count, '\0');
    if (count > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
        RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
        throw Error{Fault::internal, "the random generator of OpenSSL failed"};
    }
    return bytes;
}

} // namespace ciam::base
