// How a call to the provider shows who the client is: OIDC Core 9, RFC 6749 section 2.3.1,
// RFC 7523 section 2.2, RFC 8705 section 2.
#pragma once

#include "base/parameters.hpp"
#include "oidc/metadata.hpp"

#include <optional>
#include <string>
#include <string_view>

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

/// Made anew for each call, which goes to `url`: an assertion is good only once. Throws like
/// chosen_authentication().
ClientProof prove_client(const Client& client, const Metadata& metadata, std::string_view url,
                         base::Seconds now);

struct FormTo {
    std::string url;
    base::Parameters parameters;
};

/// A POST of the form with the client's proof. A parameter that the form has is not added again.
base::HttpRequest authenticated_form(const Client& client, const Metadata& metadata, FormTo form,
                                     base::Seconds now);

/// What to check where a provider does not know the client by its proof.
constexpr std::string_view client_advice =
    "check client_id and client_secret (or client_key, client_certificate), and client_auth (where "
    "that is a JWT, try another aud=)";

/// The body of an answer to such a POST. Throws like require_ok(); of 401 and 403 with the advice
/// above.
const std::string& require_answer(const base::HttpResponse& response, std::string_view what,
                                  int status = 200);

/// RFC 8705 section 5: a client with a certificate has endpoints of its own where the provider says
/// so.
std::string token_endpoint(const Client& client, const Metadata& metadata);

} // namespace ciam::oidc
