#include "jose/scheme.hpp"

#include "base/error.hpp"
#include "jose/openssl.hpp"

#include <openssl/hmac.h>
#include <openssl/rsa.h>

namespace ciam::jose {

namespace {

bool is_pss(Algorithm algorithm)
{
    return algorithm == Algorithm::ps256 || algorithm == Algorithm::ps384 ||
           algorithm == Algorithm::ps512;
}

} // namespace

const EVP_MD* digest_of(Algorithm algorithm)
{
    switch (algorithm) {
    case Algorithm::rs256:
    case Algorithm::ps256:
    case Algorithm::es256:
    case Algorithm::hs256:
        return EVP_sha256();
    case Algorithm::rs384:
    case Algorithm::ps384:
    case Algorithm::es384:
    case Algorithm::hs384:
        return EVP_sha384();
    case Algorithm::rs512:
    case Algorithm::ps512:
    case Algorithm::es512:
    case Algorithm::hs512:
        return EVP_sha512();
    case Algorithm::eddsa:
    case Algorithm::ed25519:
        break;
    }
    return nullptr;
}

bool set_padding(EVP_PKEY_CTX* context, Algorithm algorithm, EVP_PKEY* key)
{
    if (EVP_PKEY_is_a(key, "RSA") != 1) {
        return true;
    }
    if (!is_pss(algorithm)) {
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    }
    // RFC 7518 section 3.5: the salt is as long as the digest.
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

std::size_t coordinate_bytes(const EVP_PKEY* ec_key)
{
    return static_cast<std::size_t>(EVP_PKEY_get_bits(ec_key) + 7) / 8;
}

std::string mac_of(Algorithm algorithm, std::string_view secret, std::string_view text)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (HMAC(digest_of(algorithm), secret.data(), static_cast<int>(secret.size()), octets(text),
             text.size(), mac, &size) == nullptr) {
        throw base::Error{base::Fault::internal, "OpenSSL could not compute an HMAC"};
    }
    return {reinterpret_cast<const char*>(mac), size};
}

} // namespace ciam::jose
