#include "jose/jwe.hpp"

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "jose/compact.hpp"
#include "jose/key_management.hpp"
#include "jose/openssl.hpp"

#include <array>

namespace ciam::jose {

namespace {

constexpr std::size_t max_bytes = std::size_t{128} * 1024;
constexpr std::size_t least_shared_key = 16; // of the smallest "enc"

[[noreturn]] void refuse(const std::string& reason)
{
    throw base::Error{base::Fault::provider, "encrypted token " + reason};
}

/// One sentence for all: what told apart a wrong key from a wrong text would help to guess either.
[[noreturn]] void refuse_content()
{
    refuse("can't be decrypted; check that the provider encrypts to the key of "
           "id_token_decrypt_key");
}

struct Parts {
    std::string_view header; // as sent: it is what the tag covers
    std::string encrypted_key;
    std::string iv;
    std::string ciphertext;
    std::string tag;
};

Parts take_apart(std::string_view compact)
{
    if (compact.size() > max_bytes) {
        refuse("is longer than 128 KB");
    }
    const auto parts = split_compact(compact);
    if (parts.size() != 5) {
        refuse("does not have five parts");
    }
    std::array<std::string, 5> decoded;
    for (std::size_t i = 1; i < 5; i++) {
        auto bytes = base::base64url_decode(parts[i]);
        if (!bytes) {
            refuse("has a part that is not base64url");
        }
        decoded.at(i) = std::move(*bytes);
    }
    return {parts[0], std::move(decoded[1]), std::move(decoded[2]), std::move(decoded[3]),
            std::move(decoded[4])};
}

// RFC 7516 sections 4.1.3 and 4.1.13. A compressed text may be of any size, and its length betrays
// what is in it.
base::Json read_header(std::string_view text)
{
    const auto json = base::base64url_decode(text);
    if (!json) {
        refuse("has a header that is not base64url");
    }
    auto header = base::Json::parse_object(*json, "header of the encrypted token");
    if (json_object_get(header.get(), "zip") != nullptr) {
        refuse("is compressed (\"zip\"), which is not supported; turn it off at the provider");
    }
    if (json_object_get(header.get(), "crit") != nullptr) {
        refuse("has critical header parameters (\"crit\"), none of which is supported");
    }
    return header;
}

const KeyManagement& management_of(const base::Json& header, const DecryptionKey& key)
{
    const auto name = header.string("alg").value_or("");
    const KeyManagement* management = key_management(name);
    if (management == nullptr) {
        refuse("has an alg that is not supported (" + quotable_name(name) +
               "); choose RSA-OAEP-256 or ECDH-ES for this client at the provider");
    }
    if (!is_key_for(*management, key)) {
        refuse("has the alg \"" + name +
               "\", for which id_token_decrypt_key has a key of the wrong kind");
    }
    return *management;
}

const ContentEncryption& encryption_of(const base::Json& header)
{
    const auto name = header.string("enc").value_or("");
    const ContentEncryption* encryption = content_encryption(name);
    if (encryption == nullptr) {
        refuse("has an enc that is not supported (" + quotable_name(name) +
               "); choose A256GCM or A128CBC-HS256 for this client at the provider");
    }
    return *encryption;
}

/// RFC 7516 section 11.5: where there is no key, one that nobody knows takes its place, so that
/// both cases end alike.
base::Secret key_or_random(base::Secret key, std::size_t bytes)
{
    base::Secret random{base::random_bytes(bytes)};
    return key.view().size() == bytes ? std::move(key) : std::move(random);
}

base::Secret shared_jwk(const base::Json& jwk)
{
    auto bytes = bytes_member(jwk.get(), "k");
    if (!bytes || bytes->size() < least_shared_key) {
        throw base::Error{base::Fault::configuration,
                          "holds a JWK of kty \"oct\" without a \"k\" of at least 16 bytes"};
    }
    return base::Secret{std::move(*bytes)};
}

bool is_shared_jwk(std::string_view text)
{
    try {
        return base::Json::parse_object(text, "key").string("kty") == "oct";
    } catch (const base::Error&) {
        return false;
    }
}

} // namespace

DecryptionKey DecryptionKey::parse(std::string_view text)
{
    if (is_shared_jwk(text)) {
        return DecryptionKey{Any{Shared{shared_jwk(base::Json::parse_object(text, "key"))}}};
    }
    auto key = PrivateKey::parse(text);
    if (key_kind(key.get()).starts_with("Ed")) {
        throw base::Error{base::Fault::configuration,
                          "holds a key that can only sign; use an RSA, EC or X25519 key"};
    }
    return DecryptionKey{Any{std::move(key)}};
}

DecryptionKey DecryptionKey::from_client_secret(std::string_view secret)
{
    return DecryptionKey{Any{ClientSecret{base::Secret{secret}}}};
}

base::Secret DecryptionKey::shared_key(std::size_t bytes) const
{
    if (const auto* shared = std::get_if<Shared>(&key_)) {
        return shared->key.view().size() == bytes ? base::Secret{shared->key.view()}
                                                  : base::Secret{};
    }
    const auto* client = std::get_if<ClientSecret>(&key_);
    if (client == nullptr) {
        return {};
    }
    // OIDC Core 10.2: the first bytes of the smallest SHA-2 hash that has as many.
    const EVP_MD* digest = bytes <= 32 ? EVP_sha256() : bytes <= 48 ? EVP_sha384() : EVP_sha512();
    std::string hash(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    const auto secret = client->secret.view();
    if (EVP_Digest(secret.data(), secret.size(), reinterpret_cast<unsigned char*>(hash.data()),
                   &size, digest, nullptr) != 1) {
        return {};
    }
    const base::Secret whole{std::move(hash)};
    return base::Secret{whole.view().substr(0, bytes)};
}

std::vector<std::string> DecryptionKey::public_jwks() const
{
    std::vector<std::string> keys;
    const auto* key = private_key();
    for (const auto& management : key_managements()) {
        if (key != nullptr && is_key_for(management, *this)) {
            // Providers find a key by its name, so that each has another.
            const std::string alg{management.name};
            keys.push_back(
                public_jwk(key->get(), key->kid() + "-" + alg, "enc", R"(,"alg":")" + alg + "\""));
        }
    }
    return keys;
}

bool is_jwe(std::string_view compact)
{
    return compact.size() <= max_bytes && split_compact(compact).size() == 5;
}

std::string decrypt_jwe(std::string_view compact, const DecryptionKey& key)
{
    const Parts parts = take_apart(compact);
    const auto header = read_header(parts.header);
    const auto& management = management_of(header, key);
    const auto& encryption = encryption_of(header);
    const auto cek =
        key_or_random(content_key({management, encryption, header, parts.encrypted_key}, key),
                      encryption.key_bytes);
    auto text = decrypt_content(encryption, cek.view(),
                                {parts.header, parts.iv, parts.ciphertext, parts.tag});
    if (!text) {
        refuse_content();
    }
    return *std::move(text);
}

} // namespace ciam::jose
