// The signature algorithms of JWA (RFC 7518 section 3.1) and RFC 8037 that a provider may use.
// "none" and the HMAC family are not among them, so nothing can ever select them.
#pragma once

#include <optional>
#include <string_view>

namespace ciam::jose {

enum class Algorithm { rs256, rs384, rs512, ps256, ps384, ps512, es256, es384, es512, eddsa };

std::optional<Algorithm> algorithm_from_name(std::string_view name);
std::string_view algorithm_name(Algorithm algorithm);

} // namespace ciam::jose
