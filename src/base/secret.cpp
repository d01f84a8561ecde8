#include "base/secret.hpp"

#include <openssl/crypto.h>
#include <utility>

namespace ciam::base {

Secret::Secret(std::string&& bytes) : bytes_(std::move(bytes))
{
    // A short string keeps its bytes inside the object, where a move leaves them behind.
    wipe(bytes);
}

Secret::Secret(Secret&& other) noexcept : Secret(std::move(other.bytes_)) {}

Secret& Secret::operator=(Secret&& other) noexcept
{
    if (this != &other) {
        wipe(bytes_);
        bytes_ = std::move(other.bytes_);
        wipe(other.bytes_);
    }
    return *this;
}

Secret::~Secret()
{
    wipe(bytes_);
}

void Secret::wipe(std::string& bytes) noexcept
{
    // Up to the capacity: the string may have been longer once.
    bytes.resize(bytes.capacity());
    OPENSSL_cleanse(bytes.data(), bytes.size());
    bytes.clear();
}

bool equal_secret(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace ciam::base
