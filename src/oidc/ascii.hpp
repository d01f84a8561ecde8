// Names that standards compare without regard to case: ASCII alone, whatever the locale.
#pragma once

#include <string_view>

namespace ciam::oidc {

bool equal_ignoring_case(std::string_view a, std::string_view b);

} // namespace ciam::oidc
