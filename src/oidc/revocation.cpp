#include "oidc/revocation.hpp"

#include "oidc/client_authentication.hpp"

namespace ciam::oidc {

namespace {

constexpr std::size_t max_answer_bytes = 16 * 1024;

} // namespace

std::optional<base::HttpRequest> revocation_request(const Client& client, const Metadata& metadata,
                                                    const TokenToRevoke& revoked, base::Seconds now)
{
    if (!metadata.revocation_endpoint) {
        return std::nullopt;
    }
    base::Parameters form;
    form.add("token", revoked.token);
    form.add("token_type_hint", revoked.hint);
    std::string url =
        client.has_certificate
            ? metadata.mtls_revocation_endpoint.value_or(*metadata.revocation_endpoint)
            : *metadata.revocation_endpoint;
    auto request = authenticated_form(client, metadata, {std::move(url), std::move(form)}, now);
    request.max_answer_bytes = max_answer_bytes;
    return request;
}

void check_revocation_answer(const base::HttpResponse& response)
{
    // Section 2.2: 200 also for a token that it does not know; what is in the body says nothing.
    base::HttpResponse without_body = response;
    without_body.content_type.clear();
    require_answer(without_body, "token revocation");
}

} // namespace ciam::oidc
