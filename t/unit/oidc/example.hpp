// A client and its provider, as the tests of this room begin; each test changes what it is about.
#pragma once

#include "oidc/metadata.hpp"

namespace ciam::test {

inline oidc::Client example_client()
{
    oidc::Client client;
    client.provider = "main";
    client.issuer = "https://idp.example";
    client.metadata_url = "https://idp.example/.well-known/openid-configuration";
    client.client_id = "shop";
    client.client_secret = base::Secret{std::string{"hunter2"}};
    client.id_token_algorithms = {jose::Algorithm::rs256, jose::Algorithm::eddsa};
    return client;
}

inline oidc::Metadata example_metadata()
{
    oidc::Metadata metadata;
    metadata.issuer = "https://idp.example";
    metadata.authorization_endpoint = "https://idp.example/authorize";
    metadata.token_endpoint = "https://idp.example/token";
    metadata.jwks_uri = "https://idp.example/keys";
    metadata.userinfo_endpoint = "https://idp.example/userinfo";
    metadata.end_session_endpoint = "https://idp.example/logout";
    return metadata;
}

inline base::HttpResponse json_answer(std::string body, int status = 200)
{
    base::HttpResponse response;
    response.status = status;
    response.content_type = "application/json";
    response.body = std::move(body);
    return response;
}

/// The value of a header of a request; empty when it has none.
inline std::string header_of(const base::HttpRequest& request, std::string_view name)
{
    for (const auto& [field, value] : request.headers) {
        if (field == name) {
            return value;
        }
    }
    return {};
}

/// A JSON object in which a test replaces, adds and removes single members.
class JsonText {
public:
    JsonText(std::initializer_list<std::pair<std::string, std::string>> members) : members_(members)
    {
    }

    /// `json`: the value as JSON text.
    JsonText& set(std::string_view name, std::string_view json)
    {
        remove(name);
        members_.emplace_back(name, json);
        return *this;
    }

    JsonText& set(std::string_view name, std::int64_t number)
    {
        return set(name, std::to_string(number));
    }

    JsonText& remove(std::string_view name)
    {
        std::erase_if(members_, [name](const auto& member) { return member.first == name; });
        return *this;
    }

    std::string text() const
    {
        std::string text = "{";
        for (const auto& [name, json] : members_) {
            text += (text.size() == 1 ? "\"" : ",\"") + name + "\":" + json;
        }
        return text + "}";
    }

private:
    std::vector<std::pair<std::string, std::string>> members_;
};

} // namespace ciam::test
