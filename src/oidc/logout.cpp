#include "oidc/logout.hpp"

#include "base/encoding.hpp"
#include "base/error.hpp"
#include "base/url.hpp"

namespace ciam::oidc {

namespace {

// What servers and proxies take without asking (RFC 9110 section 4.1 has them take 8000, and many
// take less): an ID token is often longer.
constexpr std::size_t longest_url = 2000;

std::string without_slash(std::string text)
{
    if (text.ends_with('/')) {
        text.pop_back();
    }
    return text;
}

/// `{name}`, where a template has it.
std::string with_values(std::string_view text, const base::Parameters& values)
{
    std::string out;
    while (!text.empty()) {
        const std::size_t open = std::min(text.find('{'), text.size());
        out += text.substr(0, open);
        text.remove_prefix(open);
        const std::size_t close = text.find('}');
        if (text.empty()) {
            break;
        }
        const auto name = text.substr(1, close == text.npos ? 0 : close - 1);
        if (!values.has(name)) {
            throw base::Error{base::Fault::configuration,
                              "logout_style has a brace that begins none of {client_id}, "
                              "{post_logout_uri} and {state}"};
        }
        out += base::percent_encode(*values.get(name));
        text.remove_prefix(close + 1);
    }
    return out;
}

base::Parameters template_values(const Client& client, const LogoutRequest& request)
{
    base::Parameters values;
    values.add("client_id", client.client_id);
    values.add("post_logout_uri", request.post_logout_redirect_uri);
    values.add("state", request.state);
    return values;
}

/// RP-Initiated Logout 1.0 section 2: by GET or POST.
LogoutMessage standard(const Client& client, const std::string& endpoint,
                       const LogoutRequest& request)
{
    base::Parameters parameters;
    parameters.add("client_id", client.client_id);
    if (!request.post_logout_redirect_uri.empty()) {
        parameters.add("post_logout_redirect_uri", request.post_logout_redirect_uri);
    }
    if (!request.state.empty()) {
        parameters.add("state", request.state);
    }
    if (!request.id_token_hint.empty()) {
        parameters.add("id_token_hint", request.id_token_hint);
    }
    auto url = base::with_parameters(endpoint, parameters);
    return url.size() > longest_url ? LogoutMessage{endpoint, std::move(parameters)}
                                    : LogoutMessage{std::move(url), {}};
}

/// An endpoint that takes the client and where to go under a name of its own.
LogoutMessage own_way(const Client& client, const std::string& endpoint, std::string_view return_to,
                      const LogoutRequest& request)
{
    base::Parameters parameters;
    parameters.add("client_id", client.client_id);
    if (!request.post_logout_redirect_uri.empty()) {
        parameters.add(return_to, request.post_logout_redirect_uri);
    }
    return {base::with_parameters(endpoint, parameters), {}};
}

bool is_standard(const Client& client, const Metadata* metadata)
{
    // Auth0 announces the endpoint only where the tenant has switched it on.
    const bool may_be =
        client.logout_style == LogoutStyle::oidc || client.logout_style == LogoutStyle::auth0;
    return may_be && metadata != nullptr && metadata->end_session_endpoint.has_value();
}

} // namespace

std::optional<LogoutMessage> logout_message(const Client& client, const Metadata* metadata,
                                            const LogoutRequest& request)
{
    if (is_standard(client, metadata)) {
        return standard(client, *metadata->end_session_endpoint, request);
    }
    switch (client.logout_style) {
    case LogoutStyle::auth0:
        return own_way(client, without_slash(client.issuer) + "/v2/logout", "returnTo", request);
    case LogoutStyle::cognito:
        if (metadata == nullptr) {
            return std::nullopt; // the issuer is on another host than the pages
        }
        return own_way(
            client, base::Url::parse(metadata->authorization_endpoint).value().origin() + "/logout",
            "logout_uri", request);
    case LogoutStyle::custom:
        return LogoutMessage{with_values(client.logout_template, template_values(client, request)),
                             {}};
    default:
        return std::nullopt;
    }
}

bool brings_state_back(const Client& client, const Metadata* metadata)
{
    return is_standard(client, metadata) ||
           (client.logout_style == LogoutStyle::custom &&
            client.logout_template.find("{state}") != std::string::npos);
}

void check_logout_template(const std::string& text, bool may_be_http)
{
    Client example;
    example.client_id = "x";
    const auto url = base::Url::parse(with_values(text, template_values(example, {"x", "x", ""})));
    if (!url || (url->scheme != "https" && !(may_be_http && url->is_loopback()))) {
        throw base::Error{base::Fault::configuration,
                          "logout_style takes oidc, auth0, cognito, none or an https URL such as "
                          "https://id.example.com/logout?client_id={client_id}&to="
                          "{post_logout_uri}"};
    }
}

} // namespace ciam::oidc
