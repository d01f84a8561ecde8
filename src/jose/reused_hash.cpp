#include "jose/reused_hash.hpp"

#include "base/error.hpp"
#include "jose/openssl.hpp"

namespace ciam::jose {

// As with Mac: one thread, so the context behind a const ReusedHash is never used twice at once.
struct ReusedHash::Context {
    std::unique_ptr<EVP_MD, Release<EVP_MD_free>> algorithm{
        EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    DigestContext digest{EVP_MD_CTX_new()};
};

ReusedHash::ReusedHash() : context_(std::make_unique<Context>())
{
    if (!context_->digest ||
        EVP_DigestInit_ex2(context_->digest.get(), context_->algorithm.get(), nullptr) != 1) {
        throw base::Error{base::Fault::internal, "OpenSSL could not set up SHA-256"};
    }
}

ReusedHash::ReusedHash(ReusedHash&&) noexcept = default;
ReusedHash& ReusedHash::operator=(ReusedHash&&) noexcept = default;
ReusedHash::~ReusedHash() = default;

Digest ReusedHash::operator()(std::string_view bytes) const
{
    EVP_MD_CTX* context = context_->digest.get();
    Digest digest{};
    if (EVP_DigestInit_ex2(context, nullptr, nullptr) != 1 ||
        EVP_DigestUpdate(context, bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinal_ex(context, digest.data(), nullptr) != 1) {
        throw base::Error{base::Fault::internal, "OpenSSL could not compute SHA-256"};
    }
    return digest;
}

} // namespace ciam::jose
