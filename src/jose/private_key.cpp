#include "jose/private_key.hpp"

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "jose/openssl.hpp"

#include <openssl/pem.h>

namespace ciam::jose {

namespace {

using BytesIn = std::unique_ptr<BIO, Release<BIO_free>>;

[[noreturn]] void refuse(const std::string& reason)
{
    throw base::Error{base::Fault::configuration, reason};
}

/// OpenSSL would ask at the terminal.
int no_password(char*, int, int, void*)
{
    return -1;
}

KeyPointer from_pem(std::string_view text)
{
    const BytesIn bytes{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    KeyPointer key{bytes ? PEM_read_bio_PrivateKey(bytes.get(), nullptr, no_password, nullptr)
                         : nullptr,
                   Release<EVP_PKEY_free>{}};
    if (!key) {
        refuse("holds no private key in PEM form that can be read without a password");
    }
    return key;
}

base::Json parse_jwk(std::string_view text)
{
    try {
        return base::Json::parse_object(text, "key");
    } catch (const base::Error&) {
        refuse("holds a JWK that is not valid JSON");
    }
}

bool is_jwk(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{';
}

} // namespace

PrivateKey::PrivateKey(KeyPointer key, std::string_view kid) : key_(std::move(key)), kid_(kid)
{
    if (key_kind(get()).empty()) {
        refuse("holds a key of a kind that can't be used; make one with \"openssl genpkey "
               "-algorithm EC -pkeyopt ec_paramgen_curve:P-256\"");
    }
    const int bits = EVP_PKEY_get_bits(get());
    if (key_kind(get()) == "RSA" && (bits < min_rsa_bits || bits > max_rsa_bits)) {
        refuse("holds an RSA key of " + std::to_string(bits) + " bits; it needs 2048 to 16384");
    }
    if (kid_.empty()) {
        kid_ = thumbprint(get());
    }
}

PrivateKey PrivateKey::parse(std::string_view text, std::string_view kid)
{
    const ErrorQueueGuard errors;
    if (!is_jwk(text)) {
        return {from_pem(text), kid};
    }
    const auto jwk = parse_jwk(text);
    KeyPointer key = private_key(jwk.get());
    if (!key) {
        refuse("holds a JWK that is no private key of a kind that can be used (RSA of 2048 bits or "
               "more, with all its parts; EC; OKP)");
    }
    return {std::move(key), kid.empty() ? text_member(jwk.get(), "kid").value_or("") : kid};
}

std::vector<Algorithm> PrivateKey::signing_algorithms() const
{
    using enum Algorithm;
    const auto kind = key_kind(get());
    if (kind == "RSA") {
        return {ps256, rs256, ps384, rs384, ps512, rs512};
    }
    if (kind == "P-256") {
        return {es256};
    }
    if (kind == "P-384") {
        return {es384};
    }
    if (kind == "P-521") {
        return {es512};
    }
    if (kind == "Ed25519") {
        return {eddsa, ed25519};
    }
    return kind.starts_with("Ed") ? std::vector{eddsa} : std::vector<Algorithm>{};
}

std::string PrivateKey::public_jwk(std::string_view use) const
{
    return jose::public_jwk(get(), kid_, use);
}

std::string public_jwk(EVP_PKEY* key, std::string_view kid, std::string_view use,
                       std::string_view more)
{
    std::string text = public_members(key);
    text.pop_back();
    return text + ",\"kid\":" + base::json_quote(kid) + R"(,"use":")" + std::string{use} + "\"" +
           std::string{more} + "}";
}

} // namespace ciam::jose
