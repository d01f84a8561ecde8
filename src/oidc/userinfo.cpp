#include "oidc/userinfo.hpp"

#include "base/error.hpp"
#include "base/secret.hpp"
#include "jose/jwe.hpp"
#include "oidc/received_token.hpp"

#include <algorithm>

namespace ciam::oidc {

namespace {

using base::Error;
using base::Fault;

constexpr std::string_view document = "userinfo response";
constexpr std::size_t max_answer_bytes = 256 * 1024;

[[noreturn]] void refuse(const std::string& reason)
{
    throw Error{Fault::provider, std::string{document} + " " + reason};
}

UserinfoAnswer read_signed(const std::string& text, const Client& client)
{
    if (!jose::is_jwe(text)) {
        return jose::parse_jws(text);
    }
    if (!client.decryption_key) {
        refuse(
            "is encrypted (JWE), and there is no key for it; set id_token_decrypt_key, or choose "
            "plain JSON userinfo for this client at the provider");
    }
    const base::Secret inside{jose::decrypt_jwe(text, *client.decryption_key)};
    // Core 5.3.2: it may be encrypted without being signed. It came from the endpoint by TLS, as
    // plain JSON does.
    if (inside.view().starts_with('{')) {
        return base::Json::parse_object(inside.view(), document, max_answer_bytes);
    }
    return jose::parse_jws(inside.view());
}

// Core 5.3.2: signed claims say by whom they were made and for whom, or a token made for another
// purpose would do.
void check_purpose(const base::Json& claims, const Client& client)
{
    if (claims.string("iss") != client.issuer) {
        refuse("is signed and has no iss, or that of another issuer");
    }
    const auto audiences = claims.strings("aud");
    if (std::find(audiences.begin(), audiences.end(), client.client_id) == audiences.end()) {
        refuse("is signed and not for this client (aud)");
    }
    if (claims.has("events") || claims.has("nonce")) {
        refuse("is signed and was made for another purpose");
    }
}

base::Json signed_claims(const jose::UnverifiedJws& jws, const jose::Keys& keys,
                         const Client& client)
{
    auto claims =
        base::Json::parse_object(verify_signature(jws, keys, client), document, max_answer_bytes);
    check_purpose(claims, client);
    return claims;
}

} // namespace

base::HttpRequest userinfo_request(const Client& client, const Metadata& metadata,
                                   std::string_view access_token)
{
    if (!metadata.userinfo_endpoint) {
        throw Error{Fault::configuration, "the provider's metadata has no userinfo_endpoint; write "
                                          "\"userinfo off;\""};
    }
    base::HttpRequest request;
    // RFC 8705 section 3: a token that is bound to the certificate is good only with it.
    request.url = client.has_certificate && metadata.mtls_userinfo_endpoint
                      ? *metadata.mtls_userinfo_endpoint
                      : *metadata.userinfo_endpoint;
    request.headers = {{"Accept", "application/json, application/jwt"},
                       {"Authorization", "Bearer " + std::string{access_token}}};
    request.max_answer_bytes = max_answer_bytes;
    return request;
}

UserinfoAnswer read_userinfo(const base::HttpResponse& response, const Client& client)
{
    const auto& body = require_ok(response, document);
    if (response.content_type == "application/jwt") {
        return read_signed(body, client);
    }
    return base::Json::parse_object(body, document, max_answer_bytes);
}

base::Json verify_userinfo(const UserinfoAnswer& answer, const jose::Keys& keys,
                           const Client& client, std::string_view subject)
{
    const auto* jws = std::get_if<jose::UnverifiedJws>(&answer);
    auto json = jws != nullptr ? signed_claims(*jws, keys, client) : std::get<base::Json>(answer);
    const auto sub = json.string("sub");
    if (!sub || sub->empty()) {
        refuse("has no sub");
    }
    // OIDC Core 5.3.2: without this an exchanged access token brings the claims of another person.
    if (*sub != subject) {
        refuse("has another sub than the ID token");
    }
    return json;
}

} // namespace ciam::oidc
