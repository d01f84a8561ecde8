#include "jose/seal.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace ciam::jose {

namespace {

constexpr std::size_t min_characters = 32;

[[noreturn]] void refuse(const std::string& reason)
{
    throw base::Error{base::Fault::configuration,
                      reason + "; make a key with \"openssl rand -hex 32\""};
}

std::string_view trim(std::string_view line)
{
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) {
        return {};
    }
    return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

std::string_view take_line(std::string_view& text)
{
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

void check_key(std::string_view key, std::size_t line)
{
    const std::string where = "line " + std::to_string(line) + " of the secret key file ";
    // A binary file would be cut in pieces wherever a byte happens to be a line feed.
    if (!std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7F'; })) {
        refuse(where + "holds something else than printable characters without spaces");
    }
    if (key.size() < min_characters) {
        refuse(where + "is shorter than " + std::to_string(min_characters) + " characters");
    }
}

} // namespace

Keyring::Keyring(std::string_view one_key)
{
    macs_.emplace_back(one_key);
}

Keyring Keyring::from_file_text(std::string_view text)
{
    Keyring keyring;
    for (std::size_t number = 1; !text.empty(); number++) {
        const std::string_view line = take_line(text);
        if (line.empty() || line.front() == '#') {
            continue;
        }
        check_key(line, number);
        keyring.macs_.emplace_back(line);
    }
    if (keyring.macs_.empty()) {
        refuse("the secret key file holds no key");
    }
    return keyring;
}

} // namespace ciam::jose
