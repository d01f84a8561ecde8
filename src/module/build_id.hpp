// Which code runs: the id that the linker gave the file that this code was loaded from.
#pragma once

#include <string>

namespace ciam::module {

/// Hexadecimal, as `file` and `readelf -n` show it; empty when the file was linked without one.
std::string build_id();

} // namespace ciam::module
