// A request with `Authorization: Bearer` (RFC 6750): from the token's text to what it says, by the
// provider's keys (RFC 9068) or by asking the provider (RFC 7662).
#pragma once

#include "base/secret.hpp"
#include "flow/step.hpp"
#include "oidc/access_token.hpp"
#include "oidc/claims.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ciam::flow {

/// True when an Authorization field is of this scheme.
bool is_bearer(std::string_view authorization);

/// The token of such a field. Throws Error{Fault::client} when it is malformed (RFC 6750
/// section 2.1).
std::string_view bearer_token(std::string_view authorization);

/// A token that holds; whether one place of the site takes it is asked by oidc::use_of().
struct Bearer {
    base::Secret session; // what SessionView reads: the subject, and the claims that are wanted
    oidc::TokenFacts facts;
    base::Seconds checked = 0;
    std::uint64_t keys_generation = 0; // of the documents that it was checked by; 0: by asking
    std::vector<std::string> refused_claims; // names, for one log line
};

struct BearerRefused {
    std::string reason; // without a value of the token
};

using BearerOutcome = std::variant<Bearer, BearerRefused>;

struct BearerRequest {
    base::Secret token;
    bool introspect = false;
    /// Called before the provider is asked because of this token; may refuse by an Error.
    std::function<void()> before_asking = {};
};

class CheckBearer : public Asking<BearerOutcome> {
public:
    CheckBearer(const oidc::Client& client, BearerRequest request, base::Seconds now);

    /// Throws Error when it could not be found out.
    Next next();

private:
    Next check_by_keys();
    Next check_by_asking();
    Next ask_for_provider(std::uint64_t newer_than);
    void about_to_ask() const;
    Bearer bearer_of(const oidc::AccessToken& token, std::uint64_t keys_generation) const;

    const oidc::Client& client_;
    BearerRequest request_;
    base::Seconds now_;
    std::optional<jose::UnverifiedJws> jws_;
    std::optional<ProviderReply> provider_;
    bool asked_for_newer_keys_ = false;
    std::optional<base::HttpResponse> answer_;
};

} // namespace ciam::flow
