// A Cookie field from a browser: every value found lies inside the field, and the walk ends.
#include "base/cookie.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view field{reinterpret_cast<const char*>(data), size};
    ciam::base::CookieValues cookies{field, "SID"};
    std::size_t found = 0;
    while (const auto value = cookies.next()) {
        if (value->data() < field.data() ||
            value->data() + value->size() > field.data() + field.size() ||
            value->find(';') != std::string_view::npos || ++found > size) {
            std::abort();
        }
    }
    return 0;
}
