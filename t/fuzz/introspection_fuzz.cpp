// An introspection response: the first byte chooses the status, the rest is the body. A token that
// is taken was called active, and the reason for one that is not can stand in a log line.
#include "base/error.hpp"
#include "oidc/introspection.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;

namespace {

constexpr base::Seconds now = 1'700'000'000;
constexpr std::array statuses = {200, 400, 401, 429, 500, 503};

const oidc::Client& client()
{
    static const oidc::Client example = [] {
        oidc::Client made;
        made.issuer = "https://idp.example";
        return made;
    }();
    return example;
}

void require_active(const oidc::AccessToken& token)
{
    const auto& answer = token.claims;
    const auto expires = answer.integer("exp");
    if (answer.boolean("active") != true || token.subject.empty() || answer.has("cnf") ||
        (expires && *expires <= now - client().clock_skew) ||
        answer.string("iss").value_or(client().issuer) != client().issuer) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) {
        return 0;
    }
    base::HttpResponse response;
    response.status = statuses[data[0] % statuses.size()];
    response.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
    try {
        const auto token = oidc::read_introspection(response, client(), now);
        if (token) {
            require_active(*token);
        }
        if (token && response.status != 200) {
            std::abort();
        }
    } catch (const base::Error& error) { // the only exception that may come
        if (std::string_view{error.what()}.find_first_of("\r\n") != std::string_view::npos) {
            std::abort();
        }
    }
    return 0;
}
