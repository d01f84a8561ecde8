#include "oidc/userinfo.hpp"

#include "base/error.hpp"

namespace ciam::oidc {

namespace {

using base::Error;
using base::Fault;

constexpr std::string_view document = "userinfo response";
constexpr std::size_t max_answer_bytes = 256 * 1024;

[[noreturn]] void refuse(const std::string& reason)
{
    throw Error{Fault::provider, std::string{document} + " " + reason};
}

} // namespace

base::HttpRequest userinfo_request(const Metadata& metadata, std::string_view access_token)
{
    if (!metadata.userinfo_endpoint) {
        throw Error{Fault::configuration, "the provider's metadata has no userinfo_endpoint; write "
                                          "\"userinfo off;\""};
    }
    base::HttpRequest request;
    request.url = *metadata.userinfo_endpoint;
    request.headers = {{"Accept", "application/json"},
                       {"Authorization", "Bearer " + std::string{access_token}}};
    request.max_answer_bytes = max_answer_bytes;
    return request;
}

base::Json parse_userinfo(const base::HttpResponse& response, std::string_view subject)
{
    const auto& body = require_ok(response, document);
    if (response.content_type == "application/jwt") {
        refuse("is signed or encrypted (application/jwt); choose plain JSON userinfo for this "
               "client at the provider");
    }
    auto json = base::Json::parse_object(body, document, max_answer_bytes);
    const auto sub = json.string("sub");
    if (!sub || sub->empty()) {
        refuse("has no sub");
    }
    // OIDC Core 5.3.2: without this an exchanged access token brings the claims of another person.
    if (*sub != subject) {
        refuse("has another sub than the ID token");
    }
    return json;
}

} // namespace ciam::oidc
