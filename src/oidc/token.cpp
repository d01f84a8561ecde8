#include "oidc/token.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "oidc/ascii.hpp"
#include "oidc/client_authentication.hpp"
#include "oidc/error_code.hpp"

#include <algorithm>
#include <charconv>

namespace ciam::oidc {

namespace {

using base::Error;
using base::Fault;

constexpr std::string_view document = "token response";
constexpr std::size_t max_answer_bytes = 256 * 1024;
constexpr base::Seconds max_expires_in = 10LL * 365 * 24 * 3600;

[[noreturn]] void refuse(const std::string& reason)
{
    throw Error{Fault::provider, std::string{document} + " " + reason};
}

// RFC 6749 section 5.2. error_description is left out: it may hold anything.
[[noreturn]] void throw_error(const std::string& error)
{
    const std::string message =
        "token request: the provider answers with the error \"" + error + "\"";
    if (error == "invalid_grant") {
        throw Error{Fault::client, message + ": the code was used before, is too old or belongs "
                                             "to another redirect_uri or client"};
    }
    // Keycloak and Glewlwyd call a wrong secret unauthorized_client.
    if (error == "invalid_client" || error == "unauthorized_client") {
        throw Error{
            Fault::configuration,
            message + "; " + std::string{client_advice} +
                (error == "invalid_client"
                     ? ""
                     : ", and that the provider allows this client the authorization code grant")};
    }
    throw Error{Fault::provider, message + "; the provider's own log says more"};
}

// OIDC Core 3.1.3.3: Bearer, in any case (RFC 6749 section 5.1).
void check_token_type(const base::Json& json)
{
    const auto type = json.string("token_type");
    if (!type) {
        refuse("has no token_type");
    }
    if (!equal_ignoring_case(*type, "Bearer")) {
        refuse("has a token_type other than Bearer; turn off token binding (DPoP, mTLS) for this "
               "client at the provider");
    }
}

bool is_printable(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7F'; });
}

/// RFC 6749 appendix A.12 and A.17. What goes into a header has no space (RFC 6750 section 2.1); a
/// refresh token goes into a form and may.
base::Secret token(const base::Json& json, const char* name, const char* advice,
                   bool may_hold_spaces = false)
{
    auto text = json.string(name);
    if (!text || text->empty()) {
        refuse(std::string{"has no "} + name + advice);
    }
    if (!is_printable(*text) || (!may_hold_spaces && text->find(' ') != std::string::npos)) {
        refuse(std::string{"has characters in its "} + name + " that no token has");
    }
    return base::Secret{std::move(*text)};
}

std::optional<base::Seconds> number_in(std::string_view text)
{
    base::Seconds value = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    return read.ec == std::errc{} && read.ptr == end ? std::optional{value} : std::nullopt;
}

/// Only a hint, so one that is no sensible number is left out. Some providers send a string.
std::optional<base::Seconds> expires_in(const base::Json& json)
{
    const json_t* value = json_object_get(json.get(), "expires_in");
    std::optional<base::Seconds> seconds;
    if (json_is_integer(value)) {
        seconds = json_integer_value(value);
    } else if (json_is_string(value)) {
        seconds = number_in({json_string_value(value), json_string_length(value)});
    }
    if (!seconds || *seconds < 0) {
        return std::nullopt;
    }
    return std::min(*seconds, max_expires_in);
}

/// Optional in every answer (RFC 6749 section 5.1).
base::Secret refresh_token(const base::Json& json)
{
    return json.has("refresh_token") ? token(json, "refresh_token", "", true) : base::Secret{};
}

TokenResponse read_tokens(const base::Json& json)
{
    check_token_type(json);
    TokenResponse tokens;
    tokens.access_token = token(json, "access_token", "");
    tokens.refresh_token = refresh_token(json);
    tokens.expires_in = expires_in(json);
    return tokens;
}

base::Json parse_answer(const base::HttpResponse& response)
{
    return base::Json::parse_object(require_answer(response, document), document, max_answer_bytes);
}

base::HttpRequest post(const Client& client, const Metadata& metadata, base::Parameters form,
                       base::Seconds now)
{
    auto request = authenticated_form(client, metadata,
                                      {token_endpoint(client, metadata), std::move(form)}, now);
    request.max_answer_bytes = max_answer_bytes;
    return request;
}

} // namespace

base::HttpRequest token_request(const Client& client, const Metadata& metadata,
                                const CodeGrant& grant, base::Seconds now)
{
    base::Parameters form;
    form.add("grant_type", "authorization_code");
    form.add("code", grant.code);
    form.add("redirect_uri", grant.redirect_uri);
    if (!grant.code_verifier.empty()) {
        form.add("code_verifier", grant.code_verifier);
    }
    for (const auto& resource : client.resources) {
        form.add("resource", resource); // RFC 8707 section 2.2
    }
    return post(client, metadata, std::move(form), now);
}

base::HttpRequest refresh_request(const Client& client, const Metadata& metadata,
                                  std::string_view refresh_token, base::Seconds now)
{
    base::Parameters form;
    form.add("grant_type", "refresh_token");
    form.add("refresh_token", refresh_token);
    return post(client, metadata, std::move(form), now);
}

TokenResponse parse_token_response(const base::HttpResponse& response)
{
    if (const auto error = error_in_answer(response)) {
        throw_error(*error);
    }
    const auto json = parse_answer(response);
    auto tokens = read_tokens(json);
    tokens.id_token = token(json, "id_token", "; the directive scope has to contain openid");
    return tokens;
}

std::optional<TokenResponse> parse_refresh_response(const base::HttpResponse& response)
{
    const auto error = error_in_answer(response);
    if (error == "invalid_grant") {
        return std::nullopt;
    }
    if (!response.fault && response.status >= 500 && response.status != 503) {
        throw Error{Fault::provider_away, std::string{document} + ": HTTP status " +
                                              std::to_string(response.status) +
                                              "; check the provider"};
    }
    if (error) {
        throw_error(*error);
    }
    const auto json = parse_answer(response);
    auto tokens = read_tokens(json);
    if (json.has("id_token")) {
        tokens.id_token = token(json, "id_token", "");
    }
    return tokens;
}

} // namespace ciam::oidc
