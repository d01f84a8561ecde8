// A Cookie field from a browser: every value found lies inside the field, and the walk ends.
// Without a cookie none of its name is left, and the field only gets shorter.
#include "base/cookie.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

void check_without(std::string_view field)
{
    const std::vector<std::string> names{"SID", "a"};
    const auto rest = ciam::base::without_cookies(field, names);
    if (!rest) {
        return;
    }
    for (const auto& name : names) {
        if (rest->size() >= field.size() || ciam::base::CookieValues{*rest, name}.next()) {
            std::abort();
        }
    }
}

} // namespace

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
    check_without(field);
    return 0;
}
