#include "jose/compact.hpp"

#include <algorithm>

namespace ciam::jose {

std::vector<std::string_view> split_compact(std::string_view compact)
{
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t dot = compact.find('.');
        parts.push_back(compact.substr(0, dot));
        if (dot == std::string_view::npos) {
            return parts;
        }
        compact.remove_prefix(dot + 1);
    }
}

std::string quotable_name(std::string_view text)
{
    const auto fits = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-' || c == '+' || c == '_';
    };
    const bool is_name =
        !text.empty() && text.size() <= 16 && std::all_of(text.begin(), text.end(), fits);
    return is_name ? "\"" + std::string{text} + "\"" : "an unknown one";
}

} // namespace ciam::jose
