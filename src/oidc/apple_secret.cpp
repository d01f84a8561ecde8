#include "oidc/apple_secret.hpp"

#include "base/encoding.hpp"
#include "jose/sign.hpp"

namespace ciam::oidc {

namespace {

constexpr base::Seconds lifetime = 300;

} // namespace

std::string apple_client_secret(const Client& client, base::Seconds now)
{
    const std::string claims = "{\"iss\":" + base::json_quote(client.apple_team_id) +
                               ",\"iat\":" + std::to_string(now) +
                               ",\"exp\":" + std::to_string(now + lifetime) +
                               ",\"aud\":" + base::json_quote(client.issuer) +
                               ",\"sub\":" + base::json_quote(client.client_id) + "}";
    return jose::sign_jwt(*client.key, jose::Algorithm::es256, claims);
}

} // namespace ciam::oidc
