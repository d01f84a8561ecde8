// A login on its way, kept nowhere but in the `state` parameter: sealed, and bound to one small
// cookie of the browser. PKCE verifier and nonce are derived, so they are in no URL.
#pragma once

#include "base/time.hpp"
#include "jose/seal.hpp"
#include "oidc/authorization.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ciam::flow {

struct Transaction {
    std::string provider;
    std::string return_path; // path and query
    base::Seconds started = 0;
    bool second_try =
        false; // follows a state of another binding cookie; such a one is not followed again
    oidc::AskedAuthentication asked = {};
};

/// What goes into the authorization request, and comes back.
struct TransactionSecrets {
    std::string nonce;
    std::string code_verifier; // RFC 7636: 43 characters
};

struct SealedTransaction {
    std::string
        state; // at most 1000 characters: a longer return path loses its query, then becomes "/"
    TransactionSecrets secrets;
};

SealedTransaction seal_transaction(const jose::Keyring& keyring, const Transaction& transaction,
                                   std::string_view binding);

struct OpenedTransaction {
    Transaction transaction;
    /// Absent when the state was made for none of the browser's binding cookies.
    std::optional<TransactionSecrets> secrets;
};

/// nullopt for a state that this server did not seal. Age is not judged here.
/// `bindings`: every binding cookie that the browser sent.
std::optional<OpenedTransaction> open_transaction(const jose::Keyring& keyring,
                                                  std::string_view state,
                                                  std::span<const std::string> bindings);

/// A new value for the binding cookie: 256 random bits, 43 characters.
std::string new_binding();
/// True for the shape of new_binding().
bool is_binding(std::string_view cookie);

} // namespace ciam::flow
