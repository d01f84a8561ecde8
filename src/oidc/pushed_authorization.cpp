#include "oidc/pushed_authorization.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/url.hpp"
#include "oidc/client_authentication.hpp"
#include "oidc/error_code.hpp"

namespace ciam::oidc {

namespace {

using base::Error;
using base::Fault;

constexpr std::string_view document = "pushed authorization request";
constexpr std::size_t max_answer_bytes = 64 * 1024;
constexpr std::size_t max_request_uri = 2048; // what browsers and servers take for certain
constexpr int created = 201;

[[noreturn]] void throw_error(const std::string& error)
{
    const auto message =
        std::string{document} + ": the provider answers with the error \"" + error + "\"";
    if (error == "invalid_client" || error == "unauthorized_client") {
        throw Error{Fault::configuration, message + "; " + std::string{client_advice}};
    }
    throw Error{Fault::provider, message +
                                     "; its log says why, often the scope, the redirect_uri or the "
                                     "registration of this client"};
}

} // namespace

bool is_pushed(const Client& client, const Metadata& metadata)
{
    const bool is_wanted =
        client.par == Par::on ||
        (client.par == Par::automatic && metadata.requires_pushed_authorization_requests);
    if (is_wanted && !metadata.pushed_authorization_request_endpoint) {
        throw Error{Fault::configuration,
                    "the provider's metadata has no pushed_authorization_request_endpoint, to "
                    "which the authorization request is to be pushed; write par off; or allow it "
                    "at the provider"};
    }
    return is_wanted;
}

base::HttpRequest push_request(const Client& client, const Metadata& metadata,
                               const base::Parameters& parameters, base::Seconds now)
{
    std::string url = *metadata.pushed_authorization_request_endpoint;
    if (client.has_certificate) {
        url = metadata.mtls_pushed_authorization_request_endpoint.value_or(url);
    }
    auto request = authenticated_form(client, metadata, {std::move(url), parameters}, now);
    request.max_answer_bytes = max_answer_bytes;
    return request;
}

std::string parse_pushed(const base::HttpResponse& response)
{
    if (const auto error = error_in_answer(response)) {
        throw_error(*error);
    }
    const auto json = base::Json::parse_object(require_answer(response, document, created),
                                               document, max_answer_bytes);
    // expires_in is of no use here: the browser is on its way at once.
    auto request_uri = json.string("request_uri");
    if (!request_uri || request_uri->empty() || request_uri->size() > max_request_uri) {
        throw Error{Fault::provider,
                    std::string{document} + ": the answer has no request_uri that could be used"};
    }
    return *std::move(request_uri);
}

std::string pushed_authorization_url(const Client& client, const Metadata& metadata,
                                     std::string_view request_uri)
{
    base::Parameters parameters;
    parameters.add("client_id", client.client_id);
    parameters.add("request_uri", request_uri);
    return base::with_parameters(metadata.authorization_endpoint, parameters);
}

} // namespace ciam::oidc
