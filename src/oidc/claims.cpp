#include "oidc/claims.hpp"

#include "oidc/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace ciam::oidc {

namespace {

// What a request header and a session record bear.
constexpr std::size_t max_claim_bytes = 8192;

const json_t* member(const json_t* object, const std::string& name)
{
    if (const json_t* exact = json_object_get(object, name.c_str())) {
        return exact;
    }
    // jansson reads only through an iterator that could write.
    auto* readable = const_cast<json_t*>(object);
    for (void* at = json_object_iter(readable); at != nullptr;
         at = json_object_iter_next(readable, at)) {
        if (equal_ignoring_case(json_object_iter_key(at), name)) {
            return json_object_iter_value(at);
        }
    }
    return nullptr;
}

/// nullptr when a step of the path is missing or no object.
const json_t* find(const json_t* value, const std::vector<std::string>& path)
{
    for (const std::string& name : path) {
        value = member(value, name);
    }
    return value;
}

std::string as_json(const json_t* value)
{
    constexpr std::size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    std::string text(json_dumpb(value, nullptr, 0, flags), '\0');
    json_dumpb(value, text.data(), text.size(), flags);
    return text;
}

/// The shortest text that gives the same number: jansson's has 17 digits (0.1 would be
/// 0.10000000000000001).
std::string as_text(double number)
{
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number);
    return {text.data(), end.ptr};
}

std::string scalar_or_json(const json_t* value)
{
    if (json_is_string(value)) {
        return {json_string_value(value), json_string_length(value)};
    }
    if (json_is_real(value)) {
        return as_text(json_real_value(value));
    }
    return as_json(value);
}

// A group of the name "x,admin" must not pass for two groups, one of which is "admin".
std::string without_commas(const std::string& element)
{
    std::string text;
    for (const char c : element) {
        if (c == ',') {
            text += "%2C";
        } else {
            text += c;
        }
    }
    return text;
}

std::string joined(const json_t* array)
{
    std::string text;
    for (std::size_t i = 0; i < json_array_size(array); i++) {
        const json_t* element = json_array_get(array, i);
        if (!json_is_null(element)) {
            text += (text.empty() ? "" : ",") + without_commas(scalar_or_json(element));
        }
    }
    return text;
}

/// Empty when it counts as missing.
std::string rendered(const json_t* value)
{
    if (value == nullptr || json_is_null(value)) {
        return {};
    }
    return json_is_array(value) ? joined(value) : scalar_or_json(value);
}

// CR and LF would end a header, and no name, address or role has another control character.
bool is_passable(std::string_view text)
{
    const auto is_control = [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet < 0x20 || octet == 0x7F;
    };
    return text.size() <= max_claim_bytes && std::none_of(text.begin(), text.end(), is_control);
}

/// OIDC Core 5.6.2
bool names_another_place(const base::Json* claims, const std::string& name)
{
    const json_t* places =
        claims != nullptr ? json_object_get(claims->get(), "_claim_names") : nullptr;
    return json_object_get(places, name.c_str()) != nullptr;
}

} // namespace

CollectedClaims collect_claims(const std::vector<WantedClaim>& wanted, const base::Json& id_token,
                               const base::Json* userinfo)
{
    CollectedClaims claims;
    for (const auto& [key, path] : wanted) {
        std::string text = rendered(find(id_token.get(), path));
        if (text.empty() && userinfo != nullptr) {
            text = rendered(find(userinfo->get(), path));
        }
        if (text.empty()) {
            claims.missing.push_back(key);
            const auto& name = path.front();
            if (names_another_place(&id_token, name) || names_another_place(userinfo, name)) {
                claims.elsewhere.push_back(name);
            }
        } else if (is_passable(text)) {
            claims.found.push_back({key, std::move(text)});
        } else {
            claims.refused.push_back(key);
        }
    }
    return claims;
}

std::string_view scope_of_standard_claim(std::string_view claim)
{
    static constexpr std::array<std::string_view, 14> profile = {
        "name",    "family_name", "given_name", "middle_name", "nickname",  "preferred_username",
        "profile", "picture",     "website",    "gender",      "birthdate", "zoneinfo",
        "locale",  "updated_at"};
    if (std::find(profile.begin(), profile.end(), claim) != profile.end()) {
        return "profile";
    }
    if (claim == "email" || claim == "email_verified") {
        return "email";
    }
    if (claim == "address") {
        return "address";
    }
    return claim == "phone_number" || claim == "phone_number_verified" ? "phone"
                                                                       : std::string_view{};
}

} // namespace ciam::oidc
