#include "oidc/metadata.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/url.hpp"

#include <algorithm>

namespace ciam::oidc {

namespace {

using base::Error;
using base::Fault;

constexpr std::string_view document = "provider metadata";
constexpr std::size_t max_metadata_bytes = 256 * 1024;
constexpr std::size_t max_keys_bytes = 256 * 1024;

[[noreturn]] void refuse(const std::string& reason)
{
    throw Error{Fault::provider, std::string{document} + " " + reason};
}

bool contains(const std::vector<std::string>& list, std::string_view value)
{
    return std::find(list.begin(), list.end(), value) != list.end();
}

/// An issuer for the log: a URL has no characters that could forge a line.
std::string quotable(const std::string& issuer)
{
    const bool fits = issuer.size() <= 255 && base::Url::parse(issuer).has_value();
    return fits ? "\"" + issuer + "\"" : "another one, which is no URL";
}

void check_issuer(const base::Json& json, const Client& client)
{
    const auto issuer = json.string("issuer");
    if (!issuer) {
        refuse("has no issuer; check config_url");
    }
    // Discovery 4.3: identical, so a trailing slash counts.
    if (*issuer != client.issuer) {
        refuse("names the issuer " + quotable(*issuer) + ", not \"" + client.issuer +
               "\"; the directive issuer has to have exactly the provider's spelling, with or "
               "without a slash at the end");
    }
}

std::optional<std::string> optional_endpoint(const base::Json& json, const char* name,
                                             const Client& client)
{
    auto text = json.string(name);
    if (!text) {
        return std::nullopt;
    }
    const auto url = base::Url::parse(*text);
    if (!url) {
        refuse(std::string{"has a "} + name + " that is no absolute URL");
    }
    const bool may_be_http = client.loopback_http && url->is_loopback();
    if (url->scheme != "https" && !may_be_http) {
        refuse(std::string{"has a "} + name +
               " that is not https; check the public URL in the provider's settings");
    }
    return text;
}

/// One that is there and wrong is refused like any other: to go on without the certificate would be
/// worse. Adds nothing where there are none.
void read_mtls_endpoints(const base::Json& json, const Client& client, Metadata& metadata)
{
    const auto aliases = json.object("mtls_endpoint_aliases");
    if (aliases) {
        metadata.mtls_token_endpoint = optional_endpoint(*aliases, "token_endpoint", client);
        metadata.mtls_userinfo_endpoint = optional_endpoint(*aliases, "userinfo_endpoint", client);
    }
}

std::string endpoint(const base::Json& json, const char* name, const Client& client)
{
    auto text = optional_endpoint(json, name, client);
    if (!text) {
        refuse(std::string{"has no "} + name + "; check config_url");
    }
    return *std::move(text);
}

void check_response_types(const base::Json& json)
{
    if (json.has("response_types_supported") &&
        !contains(json.strings("response_types_supported"), "code")) {
        refuse("does not list \"code\" in response_types_supported; the provider has to allow the "
               "authorization code flow");
    }
}

std::optional<bool> lists_s256(const base::Json& json)
{
    if (!json.has("code_challenge_methods_supported")) {
        return std::nullopt;
    }
    return contains(json.strings("code_challenge_methods_supported"), "S256");
}

std::string busy_message(const base::HttpResponse& response, const std::string& what)
{
    const std::string when =
        response.retry_after ? "in " + std::to_string(*response.retry_after) + " seconds" : "later";
    return what + ": the provider is busy (HTTP status " + std::to_string(response.status) +
           ") and asks to try again " + when + "; check its rate limits";
}

const char* advice_for(int status)
{
    if (status >= 300 && status < 400) {
        return " (a redirect, which is not followed); check the URL";
    }
    if (status == 401 || status == 403) {
        return "; check this client's registration at the provider";
    }
    return status >= 500 ? "; check the provider" : "; check the URL";
}

/// What io/ says of other faults comes with its advice.
const char* advice_for(Fault fault)
{
    return fault == Fault::provider_timeout ? "; check that this machine reaches the provider" : "";
}

bool is_html(std::string_view content_type)
{
    return content_type == "text/html" || content_type == "application/xhtml+xml";
}

} // namespace

base::HttpRequest metadata_request(const Client& client)
{
    base::HttpRequest request;
    request.url = client.metadata_url;
    request.headers = {{"Accept", "application/json"}};
    request.max_answer_bytes = max_metadata_bytes;
    return request;
}

Metadata parse_metadata(std::string_view json, const Client& client)
{
    const auto members = base::Json::parse_object(json, document, max_metadata_bytes);
    check_issuer(members, client);
    check_response_types(members);
    Metadata metadata;
    metadata.issuer = client.issuer;
    metadata.authorization_endpoint = endpoint(members, "authorization_endpoint", client);
    metadata.token_endpoint = endpoint(members, "token_endpoint", client);
    metadata.jwks_uri = endpoint(members, "jwks_uri", client);
    metadata.userinfo_endpoint = optional_endpoint(members, "userinfo_endpoint", client);
    metadata.end_session_endpoint = optional_endpoint(members, "end_session_endpoint", client);
    metadata.revocation_endpoint = optional_endpoint(members, "revocation_endpoint", client);
    metadata.token_endpoint_auth_methods = members.strings("token_endpoint_auth_methods_supported");
    metadata.token_endpoint_auth_algorithms =
        members.strings("token_endpoint_auth_signing_alg_values_supported");
    read_mtls_endpoints(members, client, metadata);
    metadata.supports_s256 = lists_s256(members);
    metadata.announces_response_iss =
        members.boolean("authorization_response_iss_parameter_supported").value_or(false);
    return metadata;
}

base::HttpRequest keys_request(const Metadata& metadata)
{
    base::HttpRequest request;
    request.url = metadata.jwks_uri;
    // RFC 7517 section 8.5.2; some providers answer 406 to a client that takes this type alone.
    request.headers = {{"Accept", "application/json, application/jwk-set+json"}};
    request.max_answer_bytes = max_keys_bytes;
    return request;
}

const std::string& require_ok(const base::HttpResponse& response, std::string_view what)
{
    const std::string subject{what};
    if (response.fault) {
        throw Error{*response.fault,
                    subject + ": " + response.reason + advice_for(*response.fault)};
    }
    if (response.status == 429 || response.status == 503) {
        throw Error{Fault::provider_busy, busy_message(response, subject)};
    }
    if (response.status != 200) {
        throw Error{Fault::provider, subject + ": HTTP status " + std::to_string(response.status) +
                                         advice_for(response.status)};
    }
    if (is_html(response.content_type)) {
        throw Error{Fault::provider, subject + ": an HTML page came instead of JSON; check the "
                                               "URL, and that no login page, proxy or maintenance "
                                               "page stands in front of the provider"};
    }
    return response.body;
}

} // namespace ciam::oidc
