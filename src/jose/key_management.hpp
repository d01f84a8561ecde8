// How the key of an encrypted token comes to us: RFC 7518 section 4.
#pragma once

#include "base/json.hpp"
#include "jose/content_encryption.hpp"
#include "jose/jwe.hpp"

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

/// nullptr for a name that we do not know.
const KeyManagement* key_management(std::string_view name);

/// True when `key` is of the kind that `management` needs.
bool is_key_for(const KeyManagement& management, const DecryptionKey& key);

/// The content encryption key; empty when anything is wrong. `header`: the JWE's (epk, apu, apv).
base::Secret content_key(const KeyManagement& management, const ContentEncryption& encryption,
                         const base::Json& header, std::string_view encrypted_key,
                         const DecryptionKey& key);

} // namespace ciam::jose
