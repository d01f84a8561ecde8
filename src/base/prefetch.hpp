// Memory that is looked at soon.
#pragma once

#include <cstddef>

namespace ciam::base {

constexpr std::size_t line_bytes = 64;

/// So many lines from there on, all of them at once instead of one after the other. Any address
/// will do.
inline void prefetch(const void* memory, std::size_t lines) noexcept
{
    for (std::size_t i = 0; i < lines; ++i) {
        __builtin_prefetch(static_cast<const char*>(memory) + i * line_bytes);
    }
}

} // namespace ciam::base
