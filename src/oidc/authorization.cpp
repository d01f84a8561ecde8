#include "oidc/authorization.hpp"

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "base/url.hpp"
#include "jose/seal.hpp"
#include "oidc/claims_request.hpp"
#include "oidc/error_code.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace ciam::oidc {

namespace {

using base::Error;
using base::Fault;

constexpr std::size_t max_value_bytes = 8192;
constexpr std::size_t max_acr_values = 256;

constexpr std::array<std::string_view, 14> reserved = {"response_type",
                                                       "client_id",
                                                       "redirect_uri",
                                                       "scope",
                                                       "state",
                                                       "nonce",
                                                       "code_challenge",
                                                       "code_challenge_method",
                                                       "response_mode",
                                                       "request",
                                                       "request_uri",
                                                       "client_secret",
                                                       "client_assertion",
                                                       "client_assertion_type"};

[[noreturn]] void refuse(const std::string& reason)
{
    throw Error{Fault::client, "authorization response: " + reason};
}

/// Adds what configuration asks for, save what `overriding` has. A value that is empty (as of a
/// variable without one) counts as left out (RFC 6749 section 3.1).
void add_arguments(base::Parameters& to, const base::Parameters& from,
                   const base::Parameters* overriding)
{
    for (const auto& [name, value] : from) {
        if (is_reserved_authorization_parameter(name)) {
            throw Error{Fault::configuration, "the authorization parameter " + name +
                                                  " may not be set: the module sets it itself"};
        }
        const bool overridden = overriding != nullptr && overriding->has(name);
        if (!overridden && !value.empty()) {
            to.add(name, value);
        }
    }
}

/// RFC 8707 section 2.2: the token request may ask only for what this one has asked for.
void check_resource(const Client& client, const base::Parameters& arguments)
{
    if (!client.resources.empty() && arguments.has("resource")) {
        throw Error{Fault::configuration, "auth_oidc_args sets resource, which the directive "
                                          "resource sets for all logins; keep one"};
    }
}

// RFC 6749 section 3.1: a parameter, known or not, may not come twice.
void check_parameters(const base::Parameters& parameters)
{
    std::set<std::string_view> names;
    for (const auto& [name, value] : parameters) {
        if (!names.insert(name).second) {
            refuse("a parameter comes twice");
        }
        if (value.size() > max_value_bytes) {
            refuse("a parameter is longer than " + std::to_string(max_value_bytes) + " bytes");
        }
    }
}

/// RFC 6749 section 3.1: one without a value counts as left out.
std::optional<std::string> filled(const base::Parameters& parameters, std::string_view name)
{
    auto value = parameters.get(name);
    return value && value->empty() ? std::nullopt : std::move(value);
}

/// As add_arguments() sends it.
std::string argument(const Client& client, const base::Parameters* arguments, const char* name)
{
    const bool overridden = arguments != nullptr && arguments->has(name);
    return (overridden ? *arguments : client.extra_auth_args).get(name).value_or("");
}

ClaimsRequest claims_request(std::string_view claims)
{
    try {
        return parse_claims_request(claims);
    } catch (const Error& error) {
        throw Error{Fault::configuration,
                    std::string{"the authorization parameter claims "} + error.what()};
    }
}

void add_essential_acr(AskedAuthentication& asked, std::string_view claims)
{
    auto request = claims_request(claims);
    if (!request.acr_is_essential) {
        return;
    }
    asked.acr_is_essential = true;
    if (request.acr_values.empty()) {
        return; // any; or those of acr_values
    }
    // OIDC Core 5.5.1.1: what a provider makes of both is not said.
    if (!asked.acr_values.empty()) {
        throw Error{Fault::configuration, "the authorization parameters acr_values and claims both "
                                          "ask for values of acr; keep one"};
    }
    asked.acr_values = std::move(request.acr_values);
}

} // namespace

std::optional<base::Seconds> parse_max_age(std::string_view text)
{
    constexpr std::size_t max_digits = 9; // 31 years
    base::Seconds seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool is_number = error == std::errc{} && end == text.data() + text.size();
    return is_number && seconds >= 0 && text.size() <= max_digits ? std::optional{seconds}
                                                                  : std::nullopt;
}

AskedAuthentication asked_authentication(const Client& client, const base::Parameters* arguments)
{
    AskedAuthentication asked;
    const auto max_age = argument(client, arguments, "max_age");
    if (!max_age.empty()) {
        asked.max_age = parse_max_age(max_age);
        if (!asked.max_age) {
            throw Error{Fault::configuration,
                        "the authorization parameter max_age is no number of seconds"};
        }
    }
    asked.acr_values = argument(client, arguments, "acr_values");
    const auto claims = argument(client, arguments, "claims");
    if (!claims.empty()) {
        add_essential_acr(asked, claims);
    }
    if (asked.acr_values.size() > max_acr_values) {
        throw Error{Fault::configuration,
                    "the acr values of an authorization request are longer than " +
                        std::to_string(max_acr_values) + " bytes"};
    }
    return asked;
}

bool uses_pkce(const Client& client, const Metadata& metadata)
{
    if (client.pkce != Pkce::automatic) {
        return client.pkce == Pkce::on;
    }
    // RFC 9700 section 2.1.1 wants PKCE always, and a server that does not know the parameters
    // ignores them (RFC 6749 section 3.1): off only where the provider lists methods without S256.
    return metadata.supports_s256.value_or(true);
}

bool is_reserved_authorization_parameter(std::string_view name)
{
    return std::find(reserved.begin(), reserved.end(), name) != reserved.end();
}

base::Parameters authorization_parameters(const Client& client, const AuthorizationRequest& request)
{
    base::Parameters parameters;
    parameters.add("response_type", "code");
    parameters.add("client_id", client.client_id);
    parameters.add("redirect_uri", request.redirect_uri);
    parameters.add("scope", client.scope);
    parameters.add("state", request.state);
    parameters.add("nonce", request.nonce);
    if (client.response_mode == ResponseMode::form_post) {
        parameters.add("response_mode", "form_post");
    }
    if (!request.code_verifier.empty()) {
        // RFC 7636 section 4.2
        const auto digest = jose::sha256(request.code_verifier);
        parameters.add("code_challenge", base::base64url_encode(jose::view(digest)));
        parameters.add("code_challenge_method", "S256");
    }
    add_arguments(parameters, client.extra_auth_args, request.arguments);
    if (request.arguments != nullptr) {
        check_resource(client, *request.arguments);
        add_arguments(parameters, *request.arguments, nullptr);
    }
    return parameters;
}

std::string authorization_url(const Metadata& metadata, const base::Parameters& parameters)
{
    return base::with_parameters(metadata.authorization_endpoint, parameters);
}

AuthorizationResponse parse_authorization_response(std::string_view query)
{
    const auto parameters = base::Parameters::parse(query);
    check_parameters(parameters);
    const auto state = filled(parameters, "state");
    if (!state) {
        refuse("there is no state");
    }
    AuthorizationResponse response;
    response.state = *state;
    response.code = filled(parameters, "code");
    if (const auto error = filled(parameters, "error")) {
        response.error = error_code(*error);
    }
    if (response.code.has_value() == response.error.has_value()) {
        refuse(response.code ? "there is both a code and an error"
                             : "there is neither a code nor an error");
    }
    response.iss = parameters.get("iss");
    return response;
}

void check_response_mode(const AuthorizationResponse& response, const Client& client,
                         ResponseMode arrived_by)
{
    if (!response.code || arrived_by == client.response_mode) {
        return;
    }
    if (arrived_by == ResponseMode::form_post) {
        refuse("the code came in a form although response_mode is query");
    }
    // Whoever changes his own address can do this, but it is mostly a provider that does not know
    // this mode, and then meets everybody.
    throw Error{Fault::provider,
                "authorization response: the code came in a query although response_mode is "
                "form_post; if all come so, the provider does not offer it: set response_mode "
                "query"};
}

void check_response_issuer(const AuthorizationResponse& response, const Client& client,
                           const Metadata& metadata)
{
    if (response.iss && *response.iss != metadata.issuer) {
        throw Error{Fault::provider, "authorization response: iss is another issuer than \"" +
                                         metadata.issuer + "\"; the code was not used"};
    }
    if (!response.iss && (metadata.announces_response_iss || client.response_iss_required)) {
        const char* why = metadata.announces_response_iss
                              ? "although the provider's metadata announces it"
                              : "which is needed where providers share a redirect_uri; give "
                                "each provider a redirect_uri of its own";
        throw Error{Fault::provider,
                    std::string{"authorization response: there is no iss, "} + why};
    }
}

} // namespace ciam::oidc
