#include "jose/key_management.hpp"

#include "jose/openssl.hpp"

#include <algorithm>
#include <array>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/rsa.h>

namespace ciam::jose {

namespace {

using Kdf = std::unique_ptr<EVP_KDF, Release<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Release<EVP_KDF_CTX_free>>;
using Kind = KeyManagement::Kind;

constexpr std::size_t wrap_overhead = 8; // RFC 3394 section 2.2.1

constexpr std::array<KeyManagement, 7> managements{{
    {"RSA-OAEP", Kind::rsa, EVP_sha1, nullptr, 0},
    {"RSA-OAEP-256", Kind::rsa, EVP_sha256, nullptr, 0},
    {"ECDH-ES", Kind::agreement, nullptr, nullptr, 0},
    {"ECDH-ES+A128KW", Kind::agreement, nullptr, EVP_aes_128_wrap, 16},
    {"ECDH-ES+A192KW", Kind::agreement, nullptr, EVP_aes_192_wrap, 24},
    {"ECDH-ES+A256KW", Kind::agreement, nullptr, EVP_aes_256_wrap, 32},
    {"dir", Kind::direct, nullptr, nullptr, 0},
}};

unsigned char* octets(std::string& bytes)
{
    return reinterpret_cast<unsigned char*>(bytes.data());
}

/// RFC 8017 section 7.1.2: exactly as long as the modulus.
base::Secret decrypt_rsa(const EVP_MD* digest, std::string_view encrypted, EVP_PKEY* key)
{
    const auto modulus = static_cast<std::size_t>(EVP_PKEY_get_size(key));
    const KeyContext context{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)};
    std::string text(modulus, '\0');
    std::size_t size = text.size();
    if (encrypted.size() != modulus || !context || EVP_PKEY_decrypt_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digest) != 1 ||
        EVP_PKEY_decrypt(context.get(), octets(text), &size, jose::octets(encrypted),
                         encrypted.size()) != 1) {
        return {};
    }
    const base::Secret whole{std::move(text)};
    return base::Secret{whole.view().substr(0, size)};
}

/// The secret that both sides come to. The point that the sender gave has been checked to be on the
/// curve; OpenSSL refuses one of another curve, and what comes to nothing.
base::Secret agreed_secret(const base::Json& header, EVP_PKEY* key)
{
    const KeyPointer theirs = public_key(json_object_get(header.get(), "epk"));
    if (!theirs || key_kind(theirs.get()) != key_kind(key)) {
        return {};
    }
    const KeyContext context{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)};
    std::size_t size = 0;
    if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
        EVP_PKEY_derive_set_peer(context.get(), theirs.get()) != 1 ||
        EVP_PKEY_derive(context.get(), nullptr, &size) != 1) {
        return {};
    }
    std::string secret(size, '\0');
    if (EVP_PKEY_derive(context.get(), octets(secret), &size) != 1 || size != secret.size()) {
        return {};
    }
    return base::Secret{std::move(secret)};
}

std::string big_endian_32(std::size_t number)
{
    std::string bytes(4, '\0');
    for (std::size_t i = 0; i < 4; i++) {
        bytes[3 - i] = static_cast<char>((number >> (8 * i)) & 0xFF);
    }
    return bytes;
}

std::string with_length(std::string_view bytes)
{
    return big_endian_32(bytes.size()) + std::string{bytes};
}

/// RFC 7518 section 4.6.2: AlgorithmID, PartyUInfo, PartyVInfo, SuppPubInfo. nullopt when apu or
/// apv is there and no base64url.
std::optional<std::string> other_info(const base::Json& header, std::string_view algorithm,
                                      std::size_t bytes)
{
    std::string info = with_length(algorithm);
    for (const char* name : {"apu", "apv"}) {
        const auto party = bytes_member(header.get(), name);
        if (!party && json_object_get(header.get(), name) != nullptr) {
            return std::nullopt;
        }
        info += with_length(party.value_or(""));
    }
    return info + big_endian_32(bytes * 8);
}

/// Concat KDF (NIST SP 800-56A section 5.8.1) with SHA-256.
base::Secret derive(const base::Secret& secret, std::string info, std::size_t bytes)
{
    const Kdf kdf{EVP_KDF_fetch(nullptr, "SSKDF", nullptr)};
    const KdfContext context{kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr};
    std::string digest = "SHA256";
    std::string input{secret.view()};
    const std::array params{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, input.data(), input.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
        OSSL_PARAM_construct_end()};
    std::string key(bytes, '\0');
    const bool done =
        context && EVP_KDF_derive(context.get(), octets(key), key.size(), params.data()) == 1;
    OPENSSL_cleanse(input.data(), input.size());
    return done ? base::Secret{std::move(key)} : base::Secret{};
}

/// RFC 3394. The length of what is wrapped is known beforehand: nothing else is unwrapped.
base::Secret unwrap(const EVP_CIPHER* cipher, const base::Secret& key, std::string_view wrapped,
                    std::size_t bytes)
{
    const CipherContext context{EVP_CIPHER_CTX_new()};
    if (wrapped.size() != bytes + wrap_overhead || !context) {
        return {};
    }
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    std::string text(wrapped.size() + EVP_MAX_BLOCK_LENGTH, '\0');
    int size = 0;
    if (EVP_DecryptInit_ex(context.get(), cipher, nullptr, jose::octets(key.view()), nullptr) !=
            1 ||
        EVP_DecryptUpdate(context.get(), octets(text), &size, jose::octets(wrapped),
                          static_cast<int>(wrapped.size())) != 1) {
        return {};
    }
    const base::Secret whole{std::move(text)};
    return base::Secret{whole.view().substr(0, static_cast<std::size_t>(size))};
}

base::Secret agree(const EncryptedKey& encrypted, EVP_PKEY* key)
{
    const auto& [management, encryption, header, wrapped] = encrypted;
    const bool wraps = management.wrap != nullptr;
    const std::size_t bytes = wraps ? management.wrap_bytes : encryption.key_bytes;
    auto info = other_info(header, wraps ? management.name : encryption.name, bytes);
    const base::Secret secret = agreed_secret(header, key);
    if (secret.empty() || !info) {
        return {};
    }
    base::Secret agreed = derive(secret, std::move(*info), bytes);
    if (agreed.empty() || (!wraps && !wrapped.empty())) {
        return {};
    }
    return wraps ? unwrap(management.wrap(), agreed, wrapped, encryption.key_bytes)
                 : std::move(agreed);
}

} // namespace

std::span<const KeyManagement> key_managements()
{
    return managements;
}

const KeyManagement* key_management(std::string_view name)
{
    const auto* found = std::find_if(managements.begin(), managements.end(),
                                     [name](const auto& one) { return one.name == name; });
    return found == managements.end() ? nullptr : found;
}

bool is_key_for(const KeyManagement& management, const DecryptionKey& key)
{
    const PrivateKey* own = key.private_key();
    if (own == nullptr) {
        return management.kind == Kind::direct;
    }
    const auto kind = key_kind(own->get());
    return management.kind == Kind::rsa
               ? kind == "RSA"
               : management.kind == Kind::agreement && (kind.starts_with("P-") || kind == "X25519");
}

base::Secret content_key(const EncryptedKey& encrypted, const DecryptionKey& key)
{
    const ErrorQueueGuard errors;
    const KeyManagement& management = encrypted.management;
    if (!is_key_for(management, key)) {
        return {};
    }
    if (management.kind == Kind::direct) {
        return encrypted.bytes.empty() ? key.shared_key(encrypted.encryption.key_bytes)
                                       : base::Secret{};
    }
    EVP_PKEY* own = key.private_key()->get();
    return management.kind == Kind::rsa
               ? decrypt_rsa(management.oaep_digest(), encrypted.bytes, own)
               : agree(encrypted, own);
}

} // namespace ciam::jose
