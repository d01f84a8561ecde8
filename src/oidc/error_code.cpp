#include "oidc/error_code.hpp"

#include "base/json.hpp"

#include <algorithm>

namespace ciam::oidc {

namespace {

constexpr std::size_t max_code = 64;

// RFC 6749 sections 4.1.2.1 and 5.2 allow nearly all of printable ASCII, but codes that are
// registered or in use are words; without space and quotes a text cannot pose as a log line.
bool is_code_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == ':';
}

} // namespace

std::string error_code(std::string_view error)
{
    const bool is_code = !error.empty() && error.size() <= max_code &&
                         std::all_of(error.begin(), error.end(), is_code_character);
    return is_code ? std::string{error} : "unknown";
}

std::optional<std::string> error_in_answer(const base::HttpResponse& response)
{
    const bool is_busy = response.status == 429 || response.status == 503;
    const bool may_have_error = response.status == 200 || (response.status >= 400 && !is_busy);
    if (response.fault || !may_have_error) {
        return std::nullopt;
    }
    try {
        const auto json = base::Json::parse_object(response.body, "answer");
        const auto error = json.string("error");
        return error ? std::optional{error_code(*error)} : std::nullopt;
    } catch (const base::Error&) {
        return std::nullopt; // the status then says what there is to say
    }
}

} // namespace ciam::oidc
