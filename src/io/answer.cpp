#include "io/answer.hpp"

#include <algorithm>

namespace ciam::io {

namespace {

constexpr std::size_t max_header_bytes = 64 * 1024; // interim answers and trailers included
constexpr const char* advice = "; check the URL, the provider and any proxy before it";

std::string lower(std::string_view text)
{
    std::string result{text};
    for (char& c : result) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return result;
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view space = " \t\r\n";
    const std::size_t first = std::min(text.find_first_not_of(space), text.size());
    text.remove_prefix(first);
    return text.substr(0, text.find_last_not_of(space) + 1);
}

} // namespace

bool Answer::add_header(std::string_view line)
{
    header_bytes_ += line.size();
    if (header_bytes_ > max_header_bytes) {
        refusal_ = "the answer's headers are longer than " + std::to_string(max_header_bytes) +
                   " bytes" + advice;
        return false;
    }
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string name = lower(line.substr(0, colon));
    const std::string value = lower(trimmed(line.substr(std::min(colon + 1, line.size()))));
    // We ask for plain bytes: what comes compressed could inflate to any size.
    if ((name == "content-encoding" && !value.empty() && value != "identity") ||
        (name == "transfer-encoding" && value != "chunked")) {
        refusal_ = std::string{"the answer is compressed, which was not asked for"} + advice;
        return false;
    }
    return true;
}

bool Answer::add_body(std::string_view bytes)
{
    if (bytes.size() > max_body_bytes_ - body_.size()) {
        refuse_as_too_long();
        return false;
    }
    body_.append(bytes);
    return true;
}

void Answer::refuse_as_too_long()
{
    refusal_ = "the answer is longer than " + std::to_string(max_body_bytes_) + " bytes" + advice;
}

std::string media_type(std::string_view content_type)
{
    return lower(trimmed(content_type.substr(0, content_type.find(';'))));
}

} // namespace ciam::io
