#include "oidc/introspection.hpp"

#include "base/error.hpp"
#include "oidc/ascii.hpp"
#include "oidc/client_authentication.hpp"

namespace ciam::oidc {

namespace {

using base::Error;
using base::Fault;

constexpr std::string_view document = "introspection response";
constexpr std::size_t max_answer_bytes = std::size_t{256} * 1024;

std::string endpoint(const Client& client, const Metadata& metadata)
{
    if (!metadata.introspection_endpoint) {
        throw Error{Fault::configuration,
                    "the provider's metadata has no introspection_endpoint; let it issue access "
                    "tokens that are JWTs, and remove the word introspect of auth_oidc_bearer"};
    }
    return client.has_certificate && metadata.mtls_introspection_endpoint
               ? *metadata.mtls_introspection_endpoint
               : *metadata.introspection_endpoint;
}

// RFC 7662 section 2.3: 401 for a client that the provider does not know; many answer 403 where it
// may not introspect.
const std::string& require_introspected(const base::HttpResponse& response)
{
    if (!response.fault && (response.status == 401 || response.status == 403)) {
        throw Error{Fault::configuration,
                    "introspection: the provider turns this client away (HTTP status " +
                        std::to_string(response.status) + "); " + std::string{client_advice} +
                        ", and that it may introspect"};
    }
    return require_ok(response, document);
}

/// Some providers answer so about every text that looks like a JWT (RFC 7009 section 2.2.1 has the
/// code).
bool is_unsupported(const base::HttpResponse& response)
{
    if (response.fault || response.status != 400) {
        return false;
    }
    const auto answer = base::Json::parse_object(response.body, document, max_answer_bytes);
    return answer.string("error") == "unsupported_token_type";
}

// RFC 7662 section 2.2, RFC 6749 section 5.1
void check_token_type(const base::Json& answer)
{
    const auto type = answer.string("token_type");
    if (type && !equal_ignoring_case(*type, "Bearer")) {
        throw Error{Fault::client, "access token has a token_type other than Bearer"};
    }
}

/// A token without an audience is for the client that it was issued to. One that is not even said
/// to be for Bearer may be a refresh token, of which providers say no audience either.
void add_client(const base::Json& answer, TokenFacts& facts)
{
    const auto issued_to = answer.string("client_id");
    if (facts.audiences.empty() && issued_to && answer.has("token_type")) {
        facts.audiences.push_back(*issued_to);
    }
}

} // namespace

base::HttpRequest introspection_request(const Client& client, const Metadata& metadata,
                                        std::string_view token, base::Seconds now)
{
    std::string url = endpoint(client, metadata);
    // RFC 7662 section 2.1: the endpoint is protected, or it could be asked about guessed tokens.
    if (chosen_authentication(client, metadata) == Authentication::none) {
        throw Error{Fault::configuration, "introspection: this client cannot show the provider who "
                                          "it is; set client_secret or client_key"};
    }
    base::Parameters form;
    form.add("token", token);
    form.add("token_type_hint", "access_token");
    auto request = authenticated_form(client, metadata, {std::move(url), std::move(form)}, now);
    request.max_answer_bytes = max_answer_bytes;
    return request;
}

std::optional<AccessToken> read_introspection(const base::HttpResponse& response,
                                              const Client& client, base::Seconds now)
{
    if (is_unsupported(response)) {
        return std::nullopt;
    }
    auto answer =
        base::Json::parse_object(require_introspected(response), document, max_answer_bytes);
    const auto is_active = answer.boolean("active");
    if (!is_active) {
        throw Error{Fault::provider, std::string{document} + " has no \"active\"; check that "
                                                             "introspection_endpoint is one"};
    }
    if (!*is_active) {
        return std::nullopt;
    }
    check_token_type(answer);
    auto token = read_token_claims(std::move(answer), client, now);
    add_client(token.claims, token.facts);
    return token;
}

} // namespace ciam::oidc
