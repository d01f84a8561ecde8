// Key pairs, key sets and signed tokens for tests. Signs whatever it is told to, right or wrong.
#pragma once

#include "base/encoding.hpp"

#include <concepts>
#include <memory>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ciam::test {

inline void require(bool done)
{
    if (!done) {
        throw std::runtime_error{"the test's own use of OpenSSL failed"};
    }
}

inline const unsigned char* octets(std::string_view bytes)
{
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// `header.payload` of a JWS, both as JSON texts.
inline std::string signing_input(std::string_view header, std::string_view payload)
{
    return base::base64url_encode(header) + "." + base::base64url_encode(payload);
}

/// A JWS whose signature is HMAC-SHA256 under `key`, as an attacker makes it from a public key.
inline std::string hmac_jws(std::string_view header, std::string_view payload, std::string_view key)
{
    const std::string input = signing_input(header, payload);
    std::string mac(32, '\0');
    require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(input),
                 input.size(), reinterpret_cast<unsigned char*>(mac.data()), nullptr) != nullptr);
    return input + "." + base::base64url_encode(mac);
}

/// A key pair for one algorithm: RS256 to RS512, PS256 to PS512, ES256 to ES512, EdDSA (Ed25519;
/// Ed448 with `curve`).
class SigningKey {
public:
    explicit SigningKey(std::string algorithm, std::string kid = "key-1",
                        const std::string& curve = "", unsigned rsa_bits = 2048)
        : algorithm_(std::move(algorithm)), kid_(std::move(kid)), curve_(curve)
    {
        const std::string family = algorithm_.substr(0, 2);
        if (family == "RS" || family == "PS") {
            key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{rsa_bits}));
        } else if (family == "ES") {
            curve_ = !curve.empty()          ? curve
                     : algorithm_ == "ES256" ? "P-256"
                     : algorithm_ == "ES384" ? "P-384"
                                             : "P-521";
            key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve_.c_str()));
        } else {
            curve_ = curve.empty() ? "Ed25519" : curve;
            key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, curve_.c_str()));
        }
        require(key_ != nullptr);
    }

    const std::string& algorithm() const { return algorithm_; }
    const std::string& kid() const { return kid_; }
    EVP_PKEY* get() const { return key_.get(); }

    /// `{"kty":…,"kid":…}`, with further members as text: `,"use":"sig"`. Without kid and alg where
    /// they are empty.
    std::string jwk(std::string_view more = R"(,"use":"sig")") const
    {
        std::string text = "{" + members();
        if (!kid_.empty()) {
            text += ",\"kid\":" + base::json_quote(kid_);
        }
        text += more;
        return text + "}";
    }

    /// A JWS with exactly this header and payload, JSON texts or not.
    std::string sign(std::string_view header, std::string_view payload) const
    {
        const std::string input = signing_input(header, payload);
        return input + "." + base::base64url_encode(raw_signature(input));
    }

    /// A JWS with the header that belongs to this key.
    std::string sign(std::string_view payload) const { return sign(header(), payload); }

    std::string header(std::string_view more = R"(,"typ":"JWT")") const
    {
        std::string text = R"({"alg":")" + algorithm_ + "\"";
        if (!kid_.empty()) {
            text += ",\"kid\":" + base::json_quote(kid_);
        }
        text += more;
        return text + "}";
    }

    /// As JWS has it: ECDSA as r and s side by side.
    std::string raw_signature(std::string_view input) const
    {
        const std::string signature = openssl_signature(input);
        return algorithm_.substr(0, 2) == "ES" ? side_by_side(signature) : signature;
    }

    /// As OpenSSL has it: ECDSA in DER. `salt`: PSS alone, in bytes.
    std::string openssl_signature(std::string_view input, int salt = RSA_PSS_SALTLEN_DIGEST) const
    {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                              EVP_MD_CTX_free};
        EVP_PKEY_CTX* parameters = nullptr;
        require(EVP_DigestSignInit(context.get(), &parameters, digest(), nullptr, get()) == 1);
        if (algorithm_.substr(0, 2) == "PS") {
            require(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1);
            require(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, salt) == 1);
        }
        std::size_t size = 0;
        require(EVP_DigestSign(context.get(), nullptr, &size, octets(input), input.size()) == 1);
        std::string signature(size, '\0');
        require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                               &size, octets(input), input.size()) == 1);
        signature.resize(size);
        return signature;
    }

private:
    struct Release {
        void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    };

    const EVP_MD* digest() const
    {
        const std::string bits = algorithm_.substr(2);
        if (bits == "256") {
            return EVP_sha256();
        }
        if (bits == "384") {
            return EVP_sha384();
        }
        return bits == "512" ? EVP_sha512() : nullptr;
    }

    std::size_t coordinate_size() const
    {
        return static_cast<std::size_t>(EVP_PKEY_get_bits(get()) + 7) / 8;
    }

    std::string number(const BIGNUM* value, std::size_t size) const
    {
        std::string bytes(size, '\0');
        require(BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()),
                             static_cast<int>(size)) >= 0);
        return bytes;
    }

    /// A parameter of the key, base64url; a size of 0: as short as it goes.
    std::string number_member(const char* name, std::size_t size) const
    {
        BIGNUM* raw = nullptr;
        require(EVP_PKEY_get_bn_param(get(), name, &raw) == 1);
        const std::unique_ptr<BIGNUM, decltype(&BN_free)> value{raw, BN_free};
        const auto minimal = static_cast<std::size_t>(BN_num_bytes(raw));
        return base::base64url_encode(number(raw, size == 0 ? minimal : size));
    }

    std::string members() const
    {
        if (EVP_PKEY_is_a(get(), "RSA") == 1) {
            return R"("kty":"RSA","n":")" + number_member(OSSL_PKEY_PARAM_RSA_N, 0) + R"(","e":")" +
                   number_member(OSSL_PKEY_PARAM_RSA_E, 0) + "\"";
        }
        if (EVP_PKEY_is_a(get(), "EC") == 1) {
            return R"("kty":"EC","crv":")" + curve_ + R"(","x":")" +
                   number_member(OSSL_PKEY_PARAM_EC_PUB_X, coordinate_size()) + R"(","y":")" +
                   number_member(OSSL_PKEY_PARAM_EC_PUB_Y, coordinate_size()) + "\"";
        }
        std::string bytes(64, '\0');
        std::size_t size = bytes.size();
        require(EVP_PKEY_get_raw_public_key(get(), reinterpret_cast<unsigned char*>(bytes.data()),
                                            &size) == 1);
        bytes.resize(size);
        return R"("kty":"OKP","crv":")" + curve_ + R"(","x":")" + base::base64url_encode(bytes) +
               "\"";
    }

    std::string side_by_side(std::string_view der) const
    {
        const unsigned char* begin = octets(der);
        const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature{
            d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(der.size())), ECDSA_SIG_free};
        require(signature != nullptr);
        return number(ECDSA_SIG_get0_r(signature.get()), coordinate_size()) +
               number(ECDSA_SIG_get0_s(signature.get()), coordinate_size());
    }

    std::string algorithm_;
    std::string kid_;
    std::string curve_;
    std::unique_ptr<EVP_PKEY, Release> key_;
};

/// A key set of these JWK texts.
inline std::string key_set(const std::vector<std::string>& jwks)
{
    std::string text = R"({"keys":[)";
    for (const std::string& jwk : jwks) {
        text += (text.back() == '[' ? "" : ",") + jwk;
    }
    return text + "]}";
}

/// A template, so that a list in braces never means a key.
template <std::same_as<SigningKey> OneKey> std::string key_set(const OneKey& key)
{
    return key_set(std::vector{key.jwk()});
}

} // namespace ciam::test
