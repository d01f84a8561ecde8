#include "jose/algorithm.hpp"

#include <array>
#include <cstddef>

namespace ciam::jose {

namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 14> names = {"RS256",   "RS384", "RS512", "PS256", "PS384",
                                                    "PS512",   "ES256", "ES384", "ES512", "EdDSA",
                                                    "Ed25519", "HS256", "HS384", "HS512"};
static_assert(static_cast<std::size_t>(Algorithm::hs512) + 1 == names.size());

} // namespace

std::optional<Algorithm> algorithm_from_name(std::string_view name)
{
    for (std::size_t i = 0; i < names.size(); i++) {
        if (names[i] == name) {
            return static_cast<Algorithm>(i);
        }
    }
    return std::nullopt;
}

std::string_view algorithm_name(Algorithm algorithm)
{
    return names.at(static_cast<std::size_t>(algorithm));
}

bool is_mac(Algorithm algorithm)
{
    return least_secret(algorithm) > 0;
}

std::size_t least_secret(Algorithm algorithm)
{
    switch (algorithm) {
    case Algorithm::hs256:
        return 32;
    case Algorithm::hs384:
        return 48;
    case Algorithm::hs512:
        return 64;
    default:
        return 0;
    }
}

} // namespace ciam::jose
