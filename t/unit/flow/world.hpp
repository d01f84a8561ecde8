// What surrounds a flow in its tests: a provider that answers with texts, a store in a map, a
// browser with its cookies, and a runner that hands each flow the answers it asks for.
#pragma once

#include "base/random.hpp"
#include "flow/discovery.hpp"
#include "flow/login.hpp"
#include "support/signing.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace ciam::test {

using Status = base::StoreReply::Status;

constexpr base::Seconds now = 1'700'000'000;
constexpr const char* issuer = "https://id.example.com";
constexpr const char* redirect_uri = "https://shop.example.com/oidc_callback";
constexpr const char* first_key = "first key of the server, 32 or more";
constexpr const char* second_key = "second key of the server, 32 or more";

inline const SigningKey& provider_key()
{
    static const SigningKey key{"ES256", "key-1"};
    return key;
}

/// A key that the provider has, and that is not yet in the documents of provider_documents().
inline const SigningKey& newer_provider_key()
{
    static const SigningKey key{"ES256", "key-2"};
    return key;
}

inline std::string metadata_text(const std::string& more = "")
{
    const std::string base{issuer};
    return R"({"issuer":")" + base + R"(","authorization_endpoint":")" + base +
           R"(/authorize","token_endpoint":")" + base + R"(/token","jwks_uri":")" + base +
           R"(/keys","response_types_supported":["code"],)" +
           R"("code_challenge_methods_supported":["S256"])" + more + "}";
}

inline const std::string& userinfo_member()
{
    static const std::string text =
        R"(,"userinfo_endpoint":")" + std::string{issuer} + "/userinfo\"";
    return text;
}

inline base::HttpResponse json_answer(const std::string& body, int status = 200)
{
    base::HttpResponse response;
    response.status = status;
    response.content_type = "application/json";
    response.body = body;
    return response;
}

inline base::HttpResponse timeout_answer()
{
    base::HttpResponse response;
    response.fault = base::Fault::provider_timeout;
    response.reason = "no answer in time";
    return response;
}

/// A keyring of these keys: the first seals, all open.
inline jose::Keyring keyring_of(const std::vector<std::string>& keys)
{
    std::string text;
    for (const std::string& key : keys) {
        text += base::base64url_encode(key) + "\n";
    }
    return jose::Keyring::from_file_text(text);
}

inline void fill_client(oidc::Client& client)
{
    client.provider = "main";
    client.issuer = issuer;
    client.metadata_url = std::string{issuer} + "/.well-known/openid-configuration";
    client.client_id = "shop";
    client.client_secret = base::Secret{std::string_view{"client secret"}};
    client.id_token_algorithms = {jose::Algorithm::es256};
    client.wanted_claims = {{"email", {"email"}}};
}

class World {
public:
    World() { fill_client(client); }

    oidc::Client client;
    jose::Keyring keyring = keyring_of({first_key});
    std::map<base::RecordId, base::Record> records;
    std::map<std::string, base::HttpResponse> answers; // by path under the issuer
    std::vector<flow::ProviderReply> provider_replies; // in turn; the last one again and again
    std::function<Status(const base::StoreRequest&)> store_fault; // Status::done: no fault

    // What the flows asked for.
    std::vector<base::HttpRequest> requests;
    std::vector<base::StoreRequest> store_requests;
    std::vector<std::uint64_t> needs;

    flow::SessionSealer sealer() const { return {keyring, client}; }

    std::shared_ptr<const flow::ProviderDocuments> documents(const std::string& metadata,
                                                             const std::string& keys,
                                                             std::uint64_t generation = 1) const
    {
        return flow::parse_documents(client, {metadata, keys}, generation);
    }

    void provider_has(const std::string& more_metadata = "")
    {
        provider_replies = {
            {documents(metadata_text(more_metadata), key_set(provider_key())), std::nullopt}};
    }

    /// Answers what the flow asks, at most `limit` questions. The outcome, when it came to one.
    template <class Flow> auto run(Flow& flow, std::size_t limit = 100)
    {
        using Outcome = std::variant_alternative_t<3, typename Flow::Next>;
        std::optional<Outcome> outcome;
        for (std::size_t asked = 0; asked < limit && !outcome; asked++) {
            auto step = flow.next();
            if (const auto* request = std::get_if<base::HttpRequest>(&step)) {
                requests.push_back(*request);
                flow.answer(answer_of(*request));
            } else if (const auto* question = std::get_if<base::StoreRequest>(&step)) {
                store_requests.push_back(*question);
                flow.answer(answer_of(*question));
            } else if (const auto* need = std::get_if<flow::NeedProvider>(&step)) {
                flow.answer(answer_of(*need));
            } else {
                outcome = std::get<3>(std::move(step));
            }
        }
        return outcome;
    }

    template <class Kind> std::size_t count() const
    {
        return static_cast<std::size_t>(
            std::count_if(store_requests.begin(), store_requests.end(), [](const auto& request) {
                return std::holds_alternative<Kind>(request);
            }));
    }

    std::size_t calls(const std::string& path) const
    {
        return static_cast<std::size_t>(
            std::count_if(requests.begin(), requests.end(),
                          [&](const auto& request) { return request.url == issuer + path; }));
    }

    /// Puts a session into the store; gives its cookie.
    std::string add_session(const flow::Session& session, const flow::SessionTokens& tokens = {})
    {
        const flow::SessionSealer sealing = sealer();
        const std::string cookie{flow::SessionSealer::new_cookie().view()};
        const flow::SessionKeys keys = sealing.keys(cookie, keyring.first());
        records[keys.id] = sealing.seal(keys, session, tokens);
        return cookie;
    }

private:
    base::HttpResponse answer_of(const base::HttpRequest& request) const
    {
        const auto found = answers.find(request.url.substr(std::string_view{issuer}.size()));
        if (found == answers.end()) {
            throw std::logic_error{"the test has no answer for " + request.url};
        }
        return found->second;
    }

    flow::ProviderReply answer_of(const flow::NeedProvider& need)
    {
        needs.push_back(need.newer_than);
        return provider_replies.at(std::min(needs.size(), provider_replies.size()) - 1);
    }

    base::StoreReply answer_of(const base::StoreRequest& request)
    {
        const Status fault = store_fault ? store_fault(request) : Status::done;
        if (fault != Status::done) {
            return {fault, {}};
        }
        return std::visit([this](const auto& question) { return carry_out(question); }, request);
    }

    base::StoreReply carry_out(const base::FindRecord& find) const
    {
        const auto found = records.find(find.id);
        if (found == records.end()) {
            return {Status::absent, {}};
        }
        base::Record record = found->second;
        if (!find.with_cold) {
            record.cold.clear();
        }
        return {Status::done, record};
    }
    base::StoreReply carry_out(const base::InsertRecord& insert)
    {
        return {records.emplace(insert.id, insert.record).second ? Status::done : Status::conflict,
                {}};
    }
    base::StoreReply carry_out(const base::ReplaceRecord& replace)
    {
        const auto found = records.find(replace.id);
        if (found == records.end()) {
            return {Status::absent, {}};
        }
        if (found->second.version != replace.record.version) {
            return {Status::conflict, {}};
        }
        found->second = replace.record;
        ++found->second.version;
        return {Status::done, {}};
    }
    base::StoreReply carry_out(const base::RemoveRecord& remove)
    {
        records.erase(remove.id);
        return {Status::done, {}};
    }
    base::StoreReply carry_out(const base::RemoveTagged& remove)
    {
        std::erase_if(records, [&](const auto& item) {
            const auto& tags = item.second.tags;
            return std::find(tags.begin(), tags.end(), remove.tag) != tags.end();
        });
        return {Status::done, {}};
    }
};

inline flow::Session some_session()
{
    flow::Session session;
    session.subject = "customer-1";
    session.sid = "provider-session-1";
    session.created = now - 10;
    session.limit = now + 1000;
    session.claims = {{"email", "ann@example.com"}, {"name", "Ann"}};
    return session;
}

/// The value of a parameter in a URL's query; empty when it has none.
inline std::string parameter_of(const std::string& url, const std::string& name)
{
    const std::size_t question = url.find('?');
    const std::string query = question == std::string::npos ? "" : url.substr(question + 1);
    return base::Parameters::parse(query).get(name).value_or("");
}

} // namespace ciam::test
