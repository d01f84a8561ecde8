#include "jose/sign.hpp"

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "jose/openssl.hpp"
#include "jose/scheme.hpp"

#include <algorithm>

namespace ciam::jose {

namespace {

[[noreturn]] void fail()
{
    throw base::Error{base::Fault::internal, "OpenSSL could not sign"};
}

std::string signing_input(Algorithm algorithm, const std::string& more, std::string_view payload)
{
    const std::string header =
        R"({"alg":")" + std::string{algorithm_name(algorithm)} + R"(","typ":"JWT")" + more + "}";
    return base::base64url_encode(header) + "." + base::base64url_encode(payload);
}

/// RFC 7518 section 3.4: r and s side by side, each as long as the curve's order.
std::string side_by_side(std::string_view der, std::size_t coordinate)
{
    const unsigned char* begin = octets(der);
    const EcdsaSignature signature{d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(der.size()))};
    if (!signature) {
        fail();
    }
    std::string raw(2 * coordinate, '\0');
    auto* out = reinterpret_cast<unsigned char*>(raw.data());
    const int size = static_cast<int>(coordinate);
    if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, size) != size ||
        BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + coordinate, size) != size) {
        fail();
    }
    return raw;
}

std::string openssl_signature(EVP_PKEY* key, Algorithm algorithm, std::string_view input)
{
    const ErrorQueueGuard errors;
    const DigestContext context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* parameters = nullptr; // owned by context
    std::size_t size = 0;
    if (!context ||
        EVP_DigestSignInit(context.get(), &parameters, digest_of(algorithm), nullptr, key) != 1 ||
        !set_padding(parameters, algorithm, key) ||
        EVP_DigestSign(context.get(), nullptr, &size, octets(input), input.size()) != 1) {
        fail();
    }
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       octets(input), input.size()) != 1) {
        fail();
    }
    signature.resize(size);
    return signature;
}

} // namespace

std::string sign_jwt(const PrivateKey& key, Algorithm algorithm, std::string_view payload)
{
    const auto can = key.signing_algorithms();
    if (std::find(can.begin(), can.end(), algorithm) == can.end()) {
        fail();
    }
    const std::string input =
        signing_input(algorithm, ",\"kid\":" + base::json_quote(key.kid()), payload);
    std::string signature = openssl_signature(key.get(), algorithm, input);
    if (EVP_PKEY_is_a(key.get(), "EC") == 1) {
        signature = side_by_side(signature, coordinate_bytes(key.get()));
    }
    return input + "." + base::base64url_encode(signature);
}

std::string sign_jwt_by_secret(std::string_view secret, Algorithm algorithm,
                               std::string_view payload)
{
    if (!is_mac(algorithm) || secret.size() < least_secret(algorithm)) {
        fail();
    }
    const std::string input = signing_input(algorithm, "", payload);
    return input + "." + base::base64url_encode(mac_of(algorithm, secret, input));
}

} // namespace ciam::jose
