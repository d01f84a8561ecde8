#include "flow/token_expiry.hpp"

namespace ciam::flow {

base::Seconds token_expiry(const oidc::TokenResponse& tokens, const base::Json* claims,
                           base::Seconds asked_at)
{
    if (tokens.expires_in) {
        return asked_at + *tokens.expires_in;
    }
    return claims != nullptr ? claims->integer("exp").value_or(0) : 0;
}

} // namespace ciam::flow
