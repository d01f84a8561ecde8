// How a call to the token endpoint shows who the client is: OIDC Core 9, RFC 6749 section 2.3.1,
// RFC 7523 section 2.2, RFC 8705 section 2.
#pragma once

#include "base/parameters.hpp"
#include "oidc/metadata.hpp"

#include <optional>
#include <string>

namespace ciam::oidc {

/// What the client was told to use; else the first of these that the provider lists and the client
/// has the means for: with a secret basic, post, client_secret_jwt; with a key private_key_jwt;
/// with a certificate tls_client_auth, self_signed_tls_client_auth; with none of them `none`.
/// Throws Error{Fault::configuration} when there is no such one.
Authentication chosen_authentication(const Client& client, const Metadata& metadata);

struct ClientProof {
    std::optional<std::string> authorization; // the header
    base::Parameters form;                    // members of the request's form
};

/// Made anew for each call: an assertion is good only once. Throws like chosen_authentication().
ClientProof prove_client(const Client& client, const Metadata& metadata, base::Seconds now);

struct FormPost {
    std::string url;
    base::Parameters form;
};
/// The form, posted with that proof. Throws like chosen_authentication().
base::HttpRequest authenticated(const Client& client, const Metadata& metadata, FormPost post,
                                base::Seconds now);

/// RFC 8705 section 5: a client with a certificate has endpoints of its own where the provider says
/// so.
std::string token_endpoint(const Client& client, const Metadata& metadata);

} // namespace ciam::oidc
