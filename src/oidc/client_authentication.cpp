#include "oidc/client_authentication.hpp"

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "jose/sign.hpp"
#include "oidc/apple_secret.hpp"

#include <algorithm>
#include <array>

namespace ciam::oidc {

namespace {

using enum Authentication;
using base::Error;
using base::Fault;
using jose::Algorithm;

constexpr base::Seconds assertion_lifetime = 60;
constexpr std::size_t jti_bytes = 16;
constexpr std::string_view assertion_type =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"; // RFC 7523 section 2.2

[[noreturn]] void refuse(const std::string& reason)
{
    throw Error{Fault::configuration, "client authentication: " + reason};
}

struct Offer {
    Authentication authentication;
    std::string_view name;
    bool possible; // the client has the means
};

bool lists(const std::vector<std::string>& names, std::string_view name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::array<Offer, 6> offers_to(const Client& client)
{
    const bool has_secret = !client.client_secret.empty();
    const bool long_secret =
        client.client_secret.view().size() >= jose::least_secret(Algorithm::hs256);
    return {{{client_secret_basic, "client_secret_basic", has_secret},
             {client_secret_post, "client_secret_post", has_secret},
             {client_secret_jwt, "client_secret_jwt", has_secret && long_secret},
             {private_key_jwt, "private_key_jwt", client.key.has_value()},
             {tls_client_auth, "tls_client_auth", client.has_certificate},
             {self_signed_tls_client_auth, "self_signed_tls_client_auth", client.has_certificate}}};
}

/// RFC 6749 section 2.3.1: each half as a form has it (there "%20" is as good as "+", and it is
/// right for servers that undo percent-encoding alone), so that a colon in one cannot move the
/// border.
std::string basic_credentials(const Client& client)
{
    return "Basic " + base::base64_encode(base::percent_encode(client.client_id) + ":" +
                                          base::percent_encode(client.client_secret.view()));
}

/// The first of `possible` that the provider lists; the default where it lists none.
Algorithm algorithm_of(const std::vector<Algorithm>& possible, Algorithm by_default,
                       const Metadata& metadata)
{
    const auto& listed = metadata.token_endpoint_auth_algorithms;
    if (listed.empty()) {
        return by_default;
    }
    const auto found = std::find_if(possible.begin(), possible.end(), [&](Algorithm algorithm) {
        return lists(listed, jose::algorithm_name(algorithm));
    });
    if (found == possible.end()) {
        refuse(
            "the provider lists no algorithm in token_endpoint_auth_signing_alg_values_supported "
            "that the key of this client can do; use a key of another kind (client_key)");
    }
    return *found;
}

Algorithm key_algorithm(const jose::PrivateKey& key, const Metadata& metadata)
{
    const auto possible = key.signing_algorithms();
    // OIDC Core 9 and RFC 7518 section 3.1: what every provider has to know of RSA.
    const bool is_rsa = possible.front() == Algorithm::ps256;
    return algorithm_of(possible, is_rsa ? Algorithm::rs256 : possible.front(), metadata);
}

Algorithm secret_algorithm(std::size_t secret_bytes, const Metadata& metadata)
{
    std::vector<Algorithm> possible;
    for (const Algorithm algorithm : {Algorithm::hs256, Algorithm::hs384, Algorithm::hs512}) {
        if (secret_bytes >= jose::least_secret(algorithm)) {
            possible.push_back(algorithm);
        }
    }
    return algorithm_of(possible, Algorithm::hs256, metadata);
}

/// RFC 9126 section 2 has every server take its issuer, also where requests are pushed; some take
/// only the endpoint.
std::string_view audience_of(const Client& client, const Metadata& metadata, std::string_view url)
{
    if (client.assertion_audience == AssertionAudience::endpoint) {
        return url;
    }
    return client.assertion_audience == AssertionAudience::issuer ? metadata.issuer
                                                                  : metadata.token_endpoint;
}

/// RFC 7523 section 3. The audience is one string, so that no other server can use the assertion;
/// the issuer names the provider for certain, an endpoint only as far as its metadata are true.
std::string assertion_claims(const Client& client, std::string_view audience, base::Seconds now)
{
    const std::string id = base::json_quote(client.client_id);
    return "{\"iss\":" + id + ",\"sub\":" + id + ",\"aud\":" + base::json_quote(audience) +
           ",\"jti\":\"" + base::base64url_encode(base::random_bytes(jti_bytes)) +
           "\",\"iat\":" + std::to_string(now) +
           ",\"exp\":" + std::to_string(now + assertion_lifetime) + "}";
}

std::string assertion(Authentication authentication, const Client& client, const Metadata& metadata,
                      const std::string& claims)
{
    if (authentication == private_key_jwt) {
        return jose::sign_jwt(*client.key, key_algorithm(*client.key, metadata), claims);
    }
    const auto secret = client.client_secret.view();
    return jose::sign_jwt_by_secret(secret, secret_algorithm(secret.size(), metadata), claims);
}

} // namespace

Authentication chosen_authentication(const Client& client, const Metadata& metadata)
{
    if (client.authentication != automatic) {
        return client.authentication;
    }
    const auto& methods = metadata.token_endpoint_auth_methods;
    const auto is_listed = [&methods](const Offer& offer) {
        // Discovery 3: without a list it is client_secret_basic.
        return methods.empty() ? offer.authentication == client_secret_basic
                               : lists(methods, offer.name);
    };
    bool has_means = false;
    for (const Offer& offer : offers_to(client)) {
        has_means = has_means || offer.possible;
        if (offer.possible && is_listed(offer)) {
            return offer.authentication;
        }
    }
    if (has_means) {
        refuse("the provider's token_endpoint_auth_methods_supported lists no method for which "
               "this client has the means (client_secret, client_key, client_certificate); allow "
               "one at the provider, or say with client_auth which it is");
    }
    return none;
}

ClientProof prove_client(const Client& client, const Metadata& metadata, std::string_view url,
                         base::Seconds now)
{
    const auto method = chosen_authentication(client, metadata);
    ClientProof proof;
    if (method == client_secret_basic) {
        proof.authorization = basic_credentials(client);
        return proof;
    }
    proof.form.add("client_id", client.client_id);
    if (method == client_secret_post) {
        proof.form.add("client_secret", client.apple_team_id.empty()
                                            ? std::string{client.client_secret.view()}
                                            : apple_client_secret(client, now));
    }
    if (method == private_key_jwt || method == client_secret_jwt) {
        proof.form.add("client_assertion_type", assertion_type);
        const auto claims = assertion_claims(client, audience_of(client, metadata, url), now);
        proof.form.add("client_assertion", assertion(method, client, metadata, claims));
    }
    return proof;
}

base::HttpRequest authenticated_form(const Client& client, const Metadata& metadata, FormTo form,
                                     base::Seconds now)
{
    base::HttpRequest request;
    request.url = std::move(form.url);
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                       {"Accept", "application/json"}};
    const ClientProof proof = prove_client(client, metadata, request.url, now);
    if (proof.authorization) {
        request.headers.emplace_back("Authorization", *proof.authorization);
    }
    for (const auto& [name, value] : proof.form) {
        if (!form.parameters.has(name)) {
            form.parameters.add(name, value);
        }
    }
    request.body = form.parameters.encode();
    return request;
}

const std::string& require_answer(const base::HttpResponse& response, std::string_view what,
                                  int status)
{
    if (!response.fault && (response.status == 401 || response.status == 403)) {
        throw Error{Fault::provider,
                    std::string{what} + ": the provider turns this client away (HTTP status " +
                        std::to_string(response.status) + "); " + std::string{client_advice}};
    }
    return require_ok(response, what, status);
}

std::string token_endpoint(const Client& client, const Metadata& metadata)
{
    return client.has_certificate ? metadata.mtls_token_endpoint.value_or(metadata.token_endpoint)
                                  : metadata.token_endpoint;
}

} // namespace ciam::oidc
