// The claim sub, by which every token says who the customer is (OIDC Core 2).
#pragma once

#include "base/json.hpp"

#include <string>

namespace ciam::oidc {

/// At most 255 characters of printable ASCII: it goes into headers. `refuse` throws, and is given
/// what is wrong ("has no sub").
std::string subject_of(const base::Json& claims, void (*refuse)(const std::string& reason));

} // namespace ciam::oidc
