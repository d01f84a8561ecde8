// The provider whose tokens the fuzz targets sign, so that the rules behind the signature are
// reached, and this client of it.
#pragma once

#include "../unit/support/signing.hpp"
#include "jose/keys.hpp"
#include "oidc/client.hpp"

namespace fuzz {

constexpr ciam::base::Seconds now = 1'700'000'000;

inline const ciam::test::SigningKey& signing_key()
{
    static const ciam::test::SigningKey key{"EdDSA"};
    return key;
}

inline const ciam::jose::Keys& keys()
{
    static const ciam::jose::Keys set = ciam::jose::Keys::parse(ciam::test::key_set(signing_key()));
    return set;
}

inline const ciam::oidc::Client& client()
{
    static const ciam::oidc::Client example = [] {
        ciam::oidc::Client made;
        made.issuer = "https://idp.example";
        made.client_id = "shop";
        made.id_token_algorithms = {ciam::jose::Algorithm::eddsa};
        return made;
    }();
    return example;
}

} // namespace fuzz
