// JSON Web Encryption, compact serialization (RFC 7516 section 7.1), decryption only. OpenSSL does
// the work behind our own checks of every length; "zip" is refused, RSA1_5 unknown.
#pragma once

#include "base/secret.hpp"
#include "jose/private_key.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ciam::jose {

/// What opens the tokens that a provider encrypts to this client.
class DecryptionKey {
public:
    /// A private key (RSA, EC, X25519), PEM or JWK; or a JWK of kty "oct". Throws
    /// Error{Fault::configuration}.
    static DecryptionKey parse(std::string_view text);

    /// OIDC Core 10.2: a key made of the client_secret, for "dir".
    static DecryptionKey from_client_secret(std::string_view secret);

    /// nullptr for one that both sides know.
    const PrivateKey* private_key() const noexcept { return std::get_if<PrivateKey>(&key_); }

    /// The public half as JWKs, one for each "alg" that it can be used with: a provider may take no
    /// key that does not say its own (RFC 7517 section 4.4). Empty for a shared key.
    std::vector<std::string> public_jwks() const;

    /// The shared key of this size for "dir"; empty for a private key and for one of another size.
    base::Secret shared_key(std::size_t bytes) const;

private:
    struct Shared {
        base::Secret key;
    };
    struct ClientSecret {
        base::Secret secret;
    };
    using Any = std::variant<PrivateKey, Shared, ClientSecret>;

    explicit DecryptionKey(Any key) : key_(std::move(key)) {}

    Any key_;
};

/// True for a text of five parts.
bool is_jwe(std::string_view compact);

/// The text inside, which is as trustworthy as whatever signature it holds: anybody may encrypt to
/// a public key. Throws Error{Fault::provider}: for a header that can't be right, saying what is
/// wrong with it; for all that goes wrong behind it one sentence, whatever it was.
std::string decrypt_jwe(std::string_view compact, const DecryptionKey& key);

} // namespace ciam::jose
