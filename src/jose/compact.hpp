// The compact serialization that signed and encrypted tokens share: base64url parts and dots.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ciam::jose {

std::vector<std::string_view> split_compact(std::string_view compact);

/// `text` when it looks like the name of an algorithm, in quotes; else "an unknown one". For logs.
std::string quotable_name(std::string_view text);

} // namespace ciam::jose
