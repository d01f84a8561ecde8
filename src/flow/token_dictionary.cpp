#include "flow/token_dictionary.hpp"

#include "base/encoding.hpp"
#include "flow/session.hpp"
#include "flow/short_text.hpp"
#include "jose/seal.hpp"

#include <algorithm>

namespace ciam::flow {
namespace {

// What stands nearest to the end takes the fewest bits.
constexpr std::string_view common =
    R"("acr":"urn:"x5t":""address":{"street_address":"","zoneinfo":"Europe/Berlin","birthdate":"19)"
    R"("gender":"female","male","picture":"https://www.","phone_number":"+","org_id":""org_name":")"
    R"("phone_number_verified":false,"updated_at":1,"roles":["default","user"],"mfa"],"acr":"1",)"
    R"({"alg":"ES256","typ":"JWT","kid":"{"typ":"JWT","alg":"RS256","kid":""kid":"","alg":"RS256"})"
    R"({"alg":"RS256","kid":"","typ":"JWT"}{"alg":"RS256","typ":"JWT","kid":""})"
    R"({"sub":"{"aud":["{"exp":1{"at_hash":"","c_hash":"","amr":["pwd"],"typ":"ID","nbf":1)"
    R"(,"exp":1,"iat":1,"auth_time":1,"jti":"","nonce":"","at_hash":"","sid":"","azp":")"
    R"(","email_verified":true,"name":"","preferred_username":"","given_name":"","family_name":")";

bool is_bare(std::string_view text)
{
    return text == "true" || text == "false" ||
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// As it stands in the JSON text, most likely.
void add_member(std::string_view name, std::string_view text, std::string& dictionary)
{
    dictionary.append(",\"").append(name).append("\":");
    if (is_bare(text)) {
        dictionary.append(text);
        return;
    }
    const bool is_list = text.find(',') != text.npos;
    dictionary.append(is_list ? "[\"" : "\"");
    for (const char c : text) {
        if (c == ',') {
            dictionary.append(R"(",")");
        } else {
            dictionary += c;
        }
    }
    dictionary.append(is_list ? "\"]" : "\"");
}

} // namespace

std::string provider_dictionary(const oidc::Client& client)
{
    std::string dictionary{claim_names_as_json()};
    dictionary.append(common);
    add_member("azp", client.client_id, dictionary);
    dictionary.append(R"({"iss":")").append(client.issuer).append("\"");
    add_member("aud", client.client_id, dictionary);
    return dictionary;
}

std::string token_dictionary(const std::string& of_provider, std::string_view hot,
                             std::string_view access_token)
{
    std::string dictionary = of_provider;
    const auto session = SessionView::parse(hot);
    if (!session) {
        return dictionary;
    }
    session->each_claim(
        [&](std::string_view key, std::string_view text) { add_member(key, text, dictionary); });
    add_member("sid", session->sid(), dictionary);
    add_member("sub", session->subject(), dictionary);
    if (!access_token.empty()) {
        const auto digest = jose::sha256(access_token);
        add_member("at_hash",
                   base::base64url_encode(jose::view(digest).substr(0, digest.size() / 2)),
                   dictionary);
    }
    const auto created = std::to_string(session->created());
    dictionary.append(",\"exp\":").append(created).append(",\"iat\":").append(created);
    return dictionary;
}

} // namespace ciam::flow
