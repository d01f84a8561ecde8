#include "flow/begin.hpp"

#include "oidc/authorization.hpp"
#include "oidc/pushed_authorization.hpp"

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
    const oidc::Metadata& metadata = require_documents(*provider_).metadata;
    if (!parameters_) {
        prepare(metadata);
    }
    if (!oidc::is_pushed(client_, metadata)) {
        return SendToProvider{oidc::authorization_url(metadata, *parameters_), new_binding_};
    }
    return push(metadata);
}

void Begin::prepare(const oidc::Metadata& metadata)
{
    // A binding cookie is never overwritten while it is valid: other tabs may be on their way.
    if (!is_binding(request_.binding)) {
        request_.binding = new_binding();
        new_binding_ = request_.binding;
    }
    const SealedTransaction transaction =
        seal_transaction(keyring_,
                         {client_.provider, request_.return_path, now_, request_.second_try,
                          oidc::asked_authentication(client_, &request_.arguments)},
                         request_.binding);
    const bool pkce = oidc::uses_pkce(client_, metadata);
    parameters_ = oidc::authorization_parameters(
        client_, {.redirect_uri = request_.redirect_uri,
                  .state = transaction.state,
                  .nonce = transaction.secrets.nonce,
                  .code_verifier = pkce ? transaction.secrets.code_verifier : std::string_view{},
                  .arguments = &request_.arguments});
}

Begin::Next Begin::push(const oidc::Metadata& metadata)
{
    if (!pushed_) {
        if (request_.before_push) {
            request_.before_push();
        }
        return ask(oidc::push_request(client_, metadata, *parameters_, now_),
                   [this](base::HttpResponse answer) { pushed_ = std::move(answer); });
    }
    return SendToProvider{
        oidc::pushed_authorization_url(client_, metadata, oidc::parse_pushed(*pushed_)),
        new_binding_};
}

} // namespace ciam::flow
