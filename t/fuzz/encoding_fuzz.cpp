// Texts from outside on their way into pages, addresses, headers and JSON: what was encoded holds
// nothing that ends its place, and says the same when it is decoded.
#include "base/encoding.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

using namespace ciam;

namespace {

void require(bool holds)
{
    if (!holds) {
        std::abort();
    }
}

std::string without_references(std::string text)
{
    for (const auto& [reference, character] : {std::pair{"&lt;", "<"},
                                               {"&gt;", ">"},
                                               {"&quot;", "\""},
                                               {"&#39;", "'"},
                                               {"&amp;", "&"}}) {
        const std::string from{reference};
        for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at++) {
            text.replace(at, from.size(), character);
        }
    }
    return text;
}

void check_html(std::string_view text)
{
    const auto escaped = base::html_escape(text);
    require(escaped.find_first_of("<>\"'") == escaped.npos);
    require(without_references(escaped) == text);
}

void check_percent(std::string_view text)
{
    const auto encoded = base::percent_encode(text);
    require(encoded.find_first_of(" \"<>\\^`{|}&=?#/\r\n") == encoded.npos);
    for (const bool plus : {true, false}) {
        require(base::percent_decode(encoded, plus) == text);
        const auto decoded = base::percent_decode(text, plus);
        require(!decoded || decoded->size() <= text.size());
    }
}

void check_base64url(std::string_view text)
{
    require(base::base64url_decode(base::base64url_encode(text)) == text);
    const auto decoded = base::base64url_decode(text);
    require(!decoded || base::base64url_encode(*decoded) == text);
}

void check_json(std::string_view text)
{
    const auto quoted = base::json_quote(text);
    require(quoted.size() >= 2 && quoted.front() == '"' && quoted.back() == '"');
    for (const char c : quoted) {
        require(static_cast<unsigned char>(c) >= 0x20);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_html(text);
    check_percent(text);
    check_base64url(text);
    check_json(text);
    return 0;
}
