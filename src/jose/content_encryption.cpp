#include "jose/content_encryption.hpp"

#include "base/secret.hpp"
#include "jose/openssl.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <openssl/hmac.h>

namespace ciam::jose {

namespace {

// RFC 7518 section 5.1
constexpr std::array<ContentEncryption, 6> encryptions{{
    {"A128CBC-HS256", 32, 16, 16, EVP_aes_128_cbc, EVP_sha256},
    {"A192CBC-HS384", 48, 16, 24, EVP_aes_192_cbc, EVP_sha384},
    {"A256CBC-HS512", 64, 16, 32, EVP_aes_256_cbc, EVP_sha512},
    {"A128GCM", 16, 12, 16, EVP_aes_128_gcm, nullptr},
    {"A192GCM", 24, 12, 16, EVP_aes_192_gcm, nullptr},
    {"A256GCM", 32, 12, 16, EVP_aes_256_gcm, nullptr},
}};

std::string big_endian_64(std::uint64_t number)
{
    std::string bytes(8, '\0');
    for (std::size_t i = 0; i < 8; i++) {
        bytes[7 - i] = static_cast<char>((number >> (8 * i)) & 0xFF);
    }
    return bytes;
}

// RFC 7518 section 5.2.2.2: MAC over A || IV || E || AL, its first half.
bool has_tag(const ContentEncryption& encryption, std::string_view mac_key,
             const EncryptedContent& content)
{
    std::string input{content.associated};
    input += content.iv;
    input += content.ciphertext;
    input += big_endian_64(std::uint64_t{content.associated.size()} * 8);
    std::array<char, EVP_MAX_MD_SIZE> mac{};
    unsigned int size = 0;
    return HMAC(encryption.mac(), mac_key.data(), static_cast<int>(mac_key.size()), octets(input),
                input.size(), reinterpret_cast<unsigned char*>(mac.data()), &size) != nullptr &&
           base::equal_secret({mac.data(), encryption.tag_bytes}, content.tag);
}

/// Decrypts with the cipher alone. GCM: checks the tag in its last step.
std::optional<std::string> decipher(const ContentEncryption& encryption, std::string_view key,
                                    const EncryptedContent& content)
{
    const CipherContext context{EVP_CIPHER_CTX_new()};
    std::string text(content.ciphertext.size() + EVP_MAX_BLOCK_LENGTH, '\0');
    auto* out = reinterpret_cast<unsigned char*>(text.data());
    int size = 0;
    int rest = 0;
    if (!context || EVP_DecryptInit_ex(context.get(), encryption.cipher(), nullptr, octets(key),
                                       octets(content.iv)) != 1) {
        return std::nullopt;
    }
    if (encryption.mac == nullptr) {
        std::string tag{content.tag};
        if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                                tag.data()) != 1 ||
            EVP_DecryptUpdate(context.get(), nullptr, &size, octets(content.associated),
                              static_cast<int>(content.associated.size())) != 1) {
            return std::nullopt;
        }
    }
    if (EVP_DecryptUpdate(context.get(), out, &size, octets(content.ciphertext),
                          static_cast<int>(content.ciphertext.size())) != 1 ||
        EVP_DecryptFinal_ex(context.get(), out + size, &rest) != 1) {
        OPENSSL_cleanse(text.data(), text.size());
        return std::nullopt;
    }
    text.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(rest));
    return text;
}

bool fits(const ContentEncryption& encryption, std::string_view key,
          const EncryptedContent& content)
{
    const bool is_cbc = encryption.mac != nullptr;
    const std::size_t block = is_cbc ? 16 : 1;
    return key.size() == encryption.key_bytes && content.iv.size() == encryption.iv_bytes &&
           content.tag.size() == encryption.tag_bytes && content.ciphertext.size() % block == 0 &&
           (!is_cbc || !content.ciphertext.empty());
}

} // namespace

const ContentEncryption* content_encryption(std::string_view name)
{
    const auto* found = std::find_if(encryptions.begin(), encryptions.end(),
                                     [name](const auto& one) { return one.name == name; });
    return found == encryptions.end() ? nullptr : found;
}

std::optional<std::string> decrypt_content(const ContentEncryption& encryption,
                                           std::string_view key, const EncryptedContent& content)
{
    const ErrorQueueGuard errors;
    if (!fits(encryption, key, content)) {
        return std::nullopt;
    }
    if (encryption.mac == nullptr) {
        return decipher(encryption, key, content);
    }
    const std::size_t half = key.size() / 2; // RFC 7518 section 5.2.2.1
    if (!has_tag(encryption, key.substr(0, half), content)) {
        return std::nullopt;
    }
    return decipher(encryption, key.substr(half), content);
}

} // namespace ciam::jose
