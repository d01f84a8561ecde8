#include "oidc/logout.hpp"

#include "base/url.hpp"

namespace ciam::oidc {

std::optional<std::string> logout_url(const Client& client, const Metadata& metadata,
                                      const LogoutRequest& request)
{
    if (!metadata.end_session_endpoint) {
        return std::nullopt;
    }
    base::Parameters parameters;
    parameters.add("client_id", client.client_id);
    if (!request.post_logout_redirect_uri.empty()) {
        parameters.add("post_logout_redirect_uri", request.post_logout_redirect_uri);
    }
    if (!request.id_token_hint.empty()) {
        parameters.add("id_token_hint", request.id_token_hint);
    }
    return base::with_parameters(*metadata.end_session_endpoint, parameters);
}

} // namespace ciam::oidc
