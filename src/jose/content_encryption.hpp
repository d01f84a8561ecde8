// What is inside an encrypted token: the authenticated encryption of RFC 7518 section 5.
#pragma once

#include <openssl/evp.h>
#include <optional>
#include <string>
#include <string_view>

namespace ciam::jose {

/// One "enc". Every length is fixed, and nothing of another length is handed to OpenSSL.
struct ContentEncryption {
    std::string_view name;
    std::size_t key_bytes;
    std::size_t iv_bytes;
    std::size_t tag_bytes;
    const EVP_CIPHER* (*cipher)();
    const EVP_MD* (*mac)(); // null: the cipher authenticates by itself (GCM)
};

/// nullptr for a name that we do not know.
const ContentEncryption* content_encryption(std::string_view name);

struct EncryptedContent {
    std::string_view associated;
    std::string_view iv;
    std::string_view ciphertext;
    std::string_view tag;
};

/// nullopt when anything at all is wrong; nothing of the text leaves before its tag was checked.
std::optional<std::string> decrypt_content(const ContentEncryption& encryption,
                                           std::string_view key, const EncryptedContent& content);

} // namespace ciam::jose
