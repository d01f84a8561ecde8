// How the key of an encrypted token comes to us: RFC 7518 section 4.
#pragma once

#include "base/json.hpp"
#include "jose/content_encryption.hpp"
#include "jose/jwe.hpp"

#include <span>

namespace ciam::jose {

/// One "alg" of a JWE.
struct KeyManagement {
    enum class Kind { rsa, agreement, direct };

    std::string_view name;
    Kind kind;
    const EVP_MD* (*oaep_digest)(); // Kind::rsa
    const EVP_CIPHER* (*wrap)();    // Kind::agreement; null: the agreed key is used itself
    std::size_t wrap_bytes;
};

/// All that we know.
std::span<const KeyManagement> key_managements();

/// nullptr for a name that we do not know.
const KeyManagement* key_management(std::string_view name);

/// True when `key` is of the kind that `management` needs.
bool is_key_for(const KeyManagement& management, const DecryptionKey& key);

/// What a JWE says of its content encryption key.
struct EncryptedKey {
    const KeyManagement& management;
    const ContentEncryption& encryption;
    const base::Json& header; // epk, apu, apv
    std::string_view bytes;
};

/// The content encryption key; empty when anything is wrong.
base::Secret content_key(const EncryptedKey& encrypted, const DecryptionKey& key);

} // namespace ciam::jose
