// Wall-clock seconds since the epoch. Always an argument, so that tests choose the time.
#pragma once

#include <cstdint>

namespace ciam::base {

using Seconds = std::int64_t;

} // namespace ciam::base
