// What a provider signs our ID tokens with: its registration says so, and nothing that we can read.
// Logout tokens are signed alike (Back-Channel Logout 1.0 section 2.4).
#pragma once

#include "jose/algorithm.hpp"
#include "module/conf.hpp"

#include <optional>

namespace ciam::module {

/// An ID token was good; known to all workers from now on.
void note_id_token_algorithm(const ProviderConf& provider, jose::Algorithm algorithm);

/// Of the last login. nullopt: where id_token_alg says it, and where nobody has logged in since the
/// start.
std::optional<jose::Algorithm> id_token_algorithm(const ProviderConf& provider);

} // namespace ciam::module
