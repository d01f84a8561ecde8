#include "jose/algorithm.hpp"

#include <array>

namespace ciam::jose {

namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 10> names = {"RS256", "RS384", "RS512", "PS256", "PS384",
                                                    "PS512", "ES256", "ES384", "ES512", "EdDSA"};
static_assert(static_cast<std::size_t>(Algorithm::eddsa) + 1 == names.size());

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

} // namespace ciam::jose
