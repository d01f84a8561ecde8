// Sends a customer to the provider (OIDC Core 3.1.2.1), after a pushed authorization request where
// the provider wants one (RFC 9126).
#pragma once

#include "flow/step.hpp"
#include "flow/transaction.hpp"

#include <functional>
#include <optional>
#include <string>

namespace ciam::flow {

struct BeginRequest {
    std::string return_path;
    std::string redirect_uri; // absolute
    std::string binding;      // the browser's binding cookie; empty when it has none that is valid
    base::Parameters arguments;
    bool second_try = false;
    std::function<void()> before_push = {}; // may refuse, by an Error, that the provider is called
};

struct SendToProvider {
    std::string url;
    std::optional<std::string> new_binding; // to be set as cookie
};

class Begin : public Asking<SendToProvider> {
public:
    Begin(const oidc::Client& client, const jose::Keyring& keyring, BeginRequest request,
          base::Seconds now);

    /// Throws Error.
    Next next();

private:
    void prepare(const oidc::Metadata& metadata);
    Next push(const oidc::Metadata& metadata);

    const oidc::Client& client_;
    const jose::Keyring& keyring_;
    BeginRequest request_;
    base::Seconds now_;
    std::optional<ProviderReply> provider_;
    std::optional<base::Parameters> parameters_;
    std::optional<std::string> new_binding_;
    std::optional<base::HttpResponse> pushed_;
};

} // namespace ciam::flow
