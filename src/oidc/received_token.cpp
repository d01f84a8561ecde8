#include "oidc/received_token.hpp"

#include "base/error.hpp"
#include "jose/jwe.hpp"

namespace ciam::oidc {

namespace {

[[noreturn]] void refuse(std::string_view what, const std::string& reason)
{
    throw base::Error{base::Fault::provider, std::string{what} + " " + reason};
}

} // namespace

base::Secret signed_id_token(std::string_view received, const Client& client, std::string_view what)
{
    const bool is_encrypted = jose::is_jwe(received);
    if (is_encrypted && !client.decryption_key) {
        refuse(
            what,
            "is encrypted (JWE), and there is no key for it; set id_token_decrypt_key, or switch "
            "off encryption for this client at the provider");
    }
    if (!is_encrypted && client.decryption_key) {
        refuse(what,
               "is not encrypted although there is an id_token_decrypt_key; switch on encryption "
               "for this client at the provider, or remove that line");
    }
    return is_encrypted ? base::Secret{jose::decrypt_jwe(received, *client.decryption_key)}
                        : base::Secret{received};
}

bool needs_newer_keys(const jose::UnverifiedJws& jws, const jose::Keys& keys)
{
    return !jose::is_mac(jws.algorithm) && !jose::has_key_for(jws, keys);
}

std::string verify_signature(const jose::UnverifiedJws& jws, const jose::Keys& keys,
                             const Client& client)
{
    return jose::is_mac(jws.algorithm)
               ? jose::verify_jws_by_secret(jws, client.client_secret.view(),
                                            client.id_token_algorithms)
               : jose::verify_jws(jws, keys, client.id_token_algorithms);
}

} // namespace ciam::oidc
