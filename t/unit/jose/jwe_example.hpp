// Keys and tokens that the tests of JWE share. Include it before support/check.hpp.
#pragma once

#include "jose/jwe.hpp"
#include "support/encrypting.hpp"

#include "support/check.hpp"

namespace ciam::test {

using namespace ciam::jose;

inline constexpr const char* secret_text = "a.text.that-nobody-else-may-read";

inline const SigningKey& rsa_pair()
{
    static const SigningKey key{"RS256", "rsa"};
    return key;
}

inline const SigningKey& ec_pair(const std::string& curve = "P-256")
{
    static const SigningKey p256{"ES256", "", "P-256"};
    static const SigningKey p384{"ES384", "", "P-384"};
    static const SigningKey p521{"ES512", "", "P-521"};
    static const SigningKey x25519{"EdDSA", "", "X25519"};
    return curve == "P-256" ? p256 : curve == "P-384" ? p384 : curve == "P-521" ? p521 : x25519;
}

inline DecryptionKey key_of(const SigningKey& pair)
{
    return DecryptionKey::parse(private_pem(pair.get()));
}

inline DecryptionKey shared_key_of(const std::string& bytes)
{
    return DecryptionKey::parse(R"({"kty":"oct","k":")" + base::base64url_encode(bytes) + "\"}");
}

inline std::string message_of_decrypting(const Jwe& jwe, const DecryptionKey& key)
{
    const auto act = [&] { decrypt_jwe(jwe.compact(), key); };
    assert_true(fault_of(act) == base::Fault::provider);
    const auto message = message_of(act);
    assert_false(contains(message, "nobody-else"));
    return message;
}

/// Refused with the one sentence that says nothing of what was wrong.
inline void assert_undecipherable(const Jwe& jwe, const DecryptionKey& key)
{
    assert_text(message_of_decrypting(jwe, key),
                "encrypted token can't be decrypted; check that the provider encrypts to the key "
                "of id_token_decrypt_key");
}

} // namespace ciam::test
