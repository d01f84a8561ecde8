// Encrypted tokens for tests: made as RFC 7516 has it, or spoiled on the way. Works with OpenSSL's
// functions alone, none of the code that is tested.
#pragma once

#include "support/signing.hpp"

#include <array>
#include <cstdint>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

namespace ciam::test {

inline unsigned char* writable(std::string& bytes)
{
    return reinterpret_cast<unsigned char*>(bytes.data());
}

inline std::string random_text(std::size_t size)
{
    std::string bytes(size, '\0');
    require(RAND_bytes(writable(bytes), static_cast<int>(size)) == 1);
    return bytes;
}

inline std::string big_endian(std::uint64_t number, std::size_t size)
{
    std::string bytes;
    for (std::size_t i = size; i > 0; i--) {
        bytes += static_cast<char>((number >> (8 * (i - 1))) & 0xFF);
    }
    return bytes;
}

/// "A128CBC-HS256" and the like.
struct Enc {
    std::string name;
    std::size_t key_bytes;
    const EVP_CIPHER* cipher;
    const EVP_MD* mac = nullptr;
};

inline std::vector<Enc> all_encs()
{
    return {{"A128CBC-HS256", 32, EVP_aes_128_cbc(), EVP_sha256()},
            {"A192CBC-HS384", 48, EVP_aes_192_cbc(), EVP_sha384()},
            {"A256CBC-HS512", 64, EVP_aes_256_cbc(), EVP_sha512()},
            {"A128GCM", 16, EVP_aes_128_gcm()},
            {"A192GCM", 24, EVP_aes_192_gcm()},
            {"A256GCM", 32, EVP_aes_256_gcm()}};
}

using CipherPointer = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
using KeyContextPointer = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;

/// The five parts of a JWE, decoded but for the header, so that a test changes what it likes.
struct Jwe {
    std::string header;
    std::string encrypted_key;
    std::string iv;
    std::string ciphertext;
    std::string tag;

    std::string compact() const
    {
        using base::base64url_encode;
        return base64url_encode(header) + "." + base64url_encode(encrypted_key) + "." +
               base64url_encode(iv) + "." + base64url_encode(ciphertext) + "." +
               base64url_encode(tag);
    }

    /// Encrypts `text` with the header as it is now.
    void seal(const Enc& enc, const std::string& cek, std::string_view text)
    {
        const bool is_cbc = enc.mac != nullptr;
        const std::string aad = base::base64url_encode(header);
        iv = random_text(is_cbc ? 16 : 12);
        ciphertext.assign(text.size() + 32, '\0');
        const CipherPointer context{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
        int size = 0;
        int rest = 0;
        const std::string key = is_cbc ? cek.substr(cek.size() / 2) : cek;
        require(EVP_EncryptInit_ex(context.get(), enc.cipher, nullptr, octets(key), octets(iv)) ==
                1);
        if (!is_cbc) {
            require(EVP_EncryptUpdate(context.get(), nullptr, &size, octets(aad),
                                      static_cast<int>(aad.size())) == 1);
        }
        require(EVP_EncryptUpdate(context.get(), writable(ciphertext), &size, octets(text),
                                  static_cast<int>(text.size())) == 1);
        require(EVP_EncryptFinal_ex(context.get(), writable(ciphertext) + size, &rest) == 1);
        ciphertext.resize(static_cast<std::size_t>(size + rest));
        if (is_cbc) {
            const std::string input = aad + iv + ciphertext + big_endian(aad.size() * 8, 8);
            tag.assign(cek.size(), '\0');
            unsigned int made = 0;
            require(HMAC(enc.mac, cek.data(), static_cast<int>(cek.size() / 2), octets(input),
                         input.size(), writable(tag), &made) != nullptr);
            tag.resize(made / 2);
        } else {
            tag.assign(16, '\0');
            require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, tag.data()) == 1);
        }
    }
};

inline std::string jwe_header(const std::string& alg, const std::string& enc,
                              const std::string& more = "")
{
    return R"({"alg":")" + alg + R"(","enc":")" + enc + "\"" + more + "}";
}

inline Jwe encrypt_direct(const Enc& enc, const std::string& key, std::string_view text,
                          const std::string& more = "")
{
    Jwe jwe{jwe_header("dir", enc.name, more), "", "", "", ""};
    jwe.seal(enc, key, text);
    return jwe;
}

inline std::string rsa_oaep(EVP_PKEY* key, const EVP_MD* digest, std::string_view text)
{
    const KeyContextPointer context{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr),
                                    EVP_PKEY_CTX_free};
    std::string encrypted(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
    std::size_t size = encrypted.size();
    require(EVP_PKEY_encrypt_init(context.get()) == 1 &&
            EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest) == 1 &&
            EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digest) == 1 &&
            EVP_PKEY_encrypt(context.get(), writable(encrypted), &size, octets(text),
                             text.size()) == 1);
    return encrypted;
}

inline Jwe encrypt_rsa(const std::string& alg, const Enc& enc, EVP_PKEY* key, std::string_view text,
                       const std::string& more = "")
{
    Jwe jwe{jwe_header(alg, enc.name, more), "", "", "", ""};
    const std::string cek = random_text(enc.key_bytes);
    jwe.encrypted_key = rsa_oaep(key, alg == "RSA-OAEP" ? EVP_sha1() : EVP_sha256(), cek);
    jwe.seal(enc, cek, text);
    return jwe;
}

inline std::string agreed(EVP_PKEY* own, EVP_PKEY* peer)
{
    const KeyContextPointer context{EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr),
                                    EVP_PKEY_CTX_free};
    std::size_t size = 0;
    require(EVP_PKEY_derive_init(context.get()) == 1 &&
            EVP_PKEY_derive_set_peer(context.get(), peer) == 1 &&
            EVP_PKEY_derive(context.get(), nullptr, &size) == 1);
    std::string secret(size, '\0');
    require(EVP_PKEY_derive(context.get(), writable(secret), &size) == 1);
    return secret;
}

/// RFC 7518 section 4.6.2, round by round.
inline std::string concat_kdf(const std::string& secret, const std::string& algorithm,
                              const std::string& apu, const std::string& apv, std::size_t bytes)
{
    const auto with_length = [](const std::string& part) {
        return big_endian(part.size(), 4) + part;
    };
    std::string key;
    for (std::uint64_t round = 1; key.size() < bytes; round++) {
        const std::string input = big_endian(round, 4) + secret + with_length(algorithm) +
                                  with_length(apu) + with_length(apv) + big_endian(bytes * 8, 4);
        std::string hash(32, '\0');
        SHA256(octets(input), input.size(), writable(hash));
        key += hash;
    }
    return key.substr(0, bytes);
}

inline std::string aes_wrap(const std::string& kek, const std::string& key)
{
    const CipherPointer context{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    const EVP_CIPHER* cipher = kek.size() == 16   ? EVP_aes_128_wrap()
                               : kek.size() == 24 ? EVP_aes_192_wrap()
                                                  : EVP_aes_256_wrap();
    std::string wrapped(key.size() + 32, '\0');
    int size = 0;
    require(EVP_EncryptInit_ex(context.get(), cipher, nullptr, octets(kek), nullptr) == 1 &&
            EVP_EncryptUpdate(context.get(), writable(wrapped), &size, octets(key),
                              static_cast<int>(key.size())) == 1);
    wrapped.resize(static_cast<std::size_t>(size));
    return wrapped;
}

/// `sender`: the ephemeral key, of the curve of `key`. `wrap_bytes` of 0: the agreed key is used.
inline Jwe encrypt_agreed(const std::string& alg, std::size_t wrap_bytes, const Enc& enc,
                          EVP_PKEY* key, const SigningKey& sender, std::string_view text)
{
    Jwe jwe;
    jwe.header =
        jwe_header(alg, enc.name, R"(,"apu":"QWxpY2U","apv":"Qm9i","epk":)" + sender.jwk(""));
    const std::string secret = agreed(sender.get(), key);
    const std::size_t bytes = wrap_bytes == 0 ? enc.key_bytes : wrap_bytes;
    const std::string derived =
        concat_kdf(secret, wrap_bytes == 0 ? enc.name : alg, "Alice", "Bob", bytes);
    const std::string cek = wrap_bytes == 0 ? derived : random_text(enc.key_bytes);
    if (wrap_bytes != 0) {
        jwe.encrypted_key = aes_wrap(derived, cek);
    }
    jwe.seal(enc, cek, text);
    return jwe;
}

inline std::string private_pem(EVP_PKEY* key)
{
    const std::unique_ptr<BIO, decltype(&BIO_free)> bytes{BIO_new(BIO_s_mem()), BIO_free};
    require(PEM_write_bio_PrivateKey(bytes.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bytes.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

} // namespace ciam::test
