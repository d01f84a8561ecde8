#include "oidc/claims_request.hpp"

#include "base/error.hpp"
#include "base/json.hpp"

#include <algorithm>

namespace ciam::oidc {

namespace {

using base::Error;
using base::Fault;

[[noreturn]] void refuse(const std::string& reason)
{
    throw Error{Fault::configuration,
                "holds no claims request (OpenID Connect Core 5.5): " + reason +
                    R"(; write such as {"id_token":{"email":null}})"};
}

base::Json parse(std::string_view text)
{
    try {
        return base::Json::parse_object(text, "it");
    } catch (const Error&) {
        refuse("it is no JSON object");
    }
}

void add_acr_value(ClaimsRequest& request, const json_t* value)
{
    const std::string text{json_is_string(value) ? json_string_value(value) : ""};
    if (text.empty() || std::any_of(text.begin(), text.end(),
                                    [](char c) { return static_cast<unsigned char>(c) <= ' '; })) {
        refuse("a value of acr is no text without spaces");
    }
    request.acr_values += (request.acr_values.empty() ? "" : " ") + text;
}

void read_acr(ClaimsRequest& request, const json_t* acr)
{
    request.acr_is_essential = json_is_true(json_object_get(acr, "essential"));
    if (!request.acr_is_essential) {
        return;
    }
    if (const auto* value = json_object_get(acr, "value")) {
        add_acr_value(request, value);
    }
    const auto* values = json_object_get(acr, "values");
    for (std::size_t i = 0; i < json_array_size(values); i++) {
        add_acr_value(request, json_array_get(values, i));
    }
}

void read_names(ClaimsRequest& request, json_t* members)
{
    for (void* member = json_object_iter(members); member != nullptr;
         member = json_object_iter_next(members, member)) {
        const auto* value = json_object_iter_value(member);
        if (!json_is_null(value) && !json_is_object(value)) {
            refuse("a claim has neither null nor an object");
        }
        request.names.emplace_back(json_object_iter_key(member));
    }
}

} // namespace

ClaimsRequest parse_claims_request(std::string_view json)
{
    const auto whole = parse(json);
    ClaimsRequest request;
    for (const char* place : {"id_token", "userinfo"}) {
        auto* members = json_object_get(whole.get(), place);
        if (members != nullptr && !json_is_object(members)) {
            refuse(std::string{"its "} + place + " is no object");
        }
        read_names(request, members);
    }
    if (request.names.empty()) {
        refuse("it asks for no claim in id_token or userinfo");
    }
    read_acr(request, json_object_get(json_object_get(whole.get(), "id_token"), "acr"));
    return request;
}

} // namespace ciam::oidc
