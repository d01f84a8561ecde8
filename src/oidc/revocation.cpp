#include "oidc/revocation.hpp"

namespace ciam::oidc {

std::optional<base::HttpRequest> revocation_request(const Client& client, const Metadata& metadata,
                                                    std::string_view refresh_token,
                                                    base::Seconds now)
{
    if (!metadata.revocation_endpoint) {
        return std::nullopt;
    }
    base::Parameters form;
    form.add("token", refresh_token);
    form.add("token_type_hint", "refresh_token");
    return authenticated(client, metadata, {*metadata.revocation_endpoint, std::move(form)}, now);
}

} // namespace ciam::oidc
