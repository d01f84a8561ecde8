// Random bytes from OpenSSL's CSPRNG.
#pragma once

#include <cstddef>
#include <string>

namespace ciam::base {

/// Throws Error{Fault::internal} when the generator fails; never returns weak bytes.
std::string random_bytes(std::size_t count);

} // namespace ciam::base
