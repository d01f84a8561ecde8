#include "flow/begin.hpp"

#include "oidc/authorization.hpp"

#include <utility>

namespace ciam::flow {

Begin::Begin(const oidc::Client& client, const jose::Keyring& keyring, BeginRequest request,
             base::Seconds now)
    : client_(client), keyring_(keyring), request_(std::move(request)), now_(now)
{
}

Begin::Next Begin::next()
{
    if (!provider_) {
        return ask(NeedProvider{}, [this](ProviderReply reply) { provider_ = std::move(reply); });
    }
    return send(require_documents(*provider_).metadata);
}

SendToProvider Begin::send(const oidc::Metadata& metadata) const
{
    // A binding cookie is never overwritten while it is valid: other tabs may be on their way.
    const bool is_bound = is_binding(request_.binding);
    const std::string binding = is_bound ? request_.binding : new_binding();
    const SealedTransaction transaction =
        seal_transaction(keyring_,
                         {client_.provider, request_.return_path, now_, request_.second_try,
                          oidc::asked_authentication(client_, &request_.arguments)},
                         binding);
    const bool pkce = oidc::uses_pkce(client_, metadata);
    SendToProvider sent;
    sent.url = oidc::authorization_url(
        client_, metadata,
        {.redirect_uri = request_.redirect_uri,
         .state = transaction.state,
         .nonce = transaction.secrets.nonce,
         .code_verifier = pkce ? transaction.secrets.code_verifier : std::string_view{},
         .arguments = &request_.arguments});
    if (!is_bound) {
        sent.new_binding = binding;
    }
    return sent;
}

} // namespace ciam::flow
