#include "flow/bearer.hpp"

#include "flow/session_layout.hpp"
#include "oidc/ascii.hpp"
#include "oidc/introspection.hpp"
#include "oidc/received_token.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ciam::flow {

namespace {

using base::Error;
using base::Fault;

constexpr std::size_t max_token = std::size_t{16} * 1024;

// RFC 6750 section 2.1. A table, since each request with a token goes through it.
constexpr std::array<bool, 256> token_characters()
{
    std::array<bool, 256> is_one{};
    constexpr std::string_view all =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        "-._~+/";
    for (const char c : all) {
        is_one[static_cast<unsigned char>(c)] = true;
    }
    return is_one;
}

bool is_b64token(std::string_view text)
{
    static constexpr auto is_one = token_characters();
    const auto body = text.substr(0, text.find_last_not_of('=') + 1);
    return !body.empty() && std::all_of(body.begin(), body.end(), [](char c) {
        return is_one[static_cast<unsigned char>(c)];
    });
}

} // namespace

bool is_bearer(std::string_view authorization)
{
    return oidc::equal_ignoring_case(authorization.substr(0, authorization.find(' ')), "Bearer");
}

std::string_view bearer_token(std::string_view authorization)
{
    authorization.remove_prefix(std::min(authorization.find(' '), authorization.size()));
    authorization.remove_prefix(
        std::min(authorization.find_first_not_of(' '), authorization.size()));
    if (!is_b64token(authorization)) {
        throw Error{Fault::client, "the Authorization field holds no well-formed token"};
    }
    if (authorization.size() > max_token) {
        throw Error{Fault::client, "the token is longer than 16 KB"};
    }
    return authorization;
}

CheckBearer::CheckBearer(const oidc::Client& client, BearerRequest request, base::Seconds now)
    : client_(client), request_(std::move(request)), now_(now)
{
}

CheckBearer::Next CheckBearer::next()
{
    try {
        return request_.introspect ? check_by_asking() : check_by_keys();
    } catch (const Error& error) {
        if (error.fault() != Fault::client) {
            throw;
        }
        return BearerOutcome{BearerRefused{error.what()}};
    }
}

CheckBearer::Next CheckBearer::check_by_keys()
{
    if (!jws_) {
        jws_ = oidc::read_access_token(request_.token.view(), client_);
    }
    if (!provider_) {
        return ask_for_provider(0);
    }
    const ProviderDocuments& provider = require_documents(*provider_);
    if (!asked_for_newer_keys_ && oidc::needs_newer_keys(*jws_, provider.keys)) {
        about_to_ask();
        asked_for_newer_keys_ = true;
        return ask_for_provider(provider.generation);
    }
    return BearerOutcome{bearer_of(oidc::verify_access_token(*jws_, provider.keys, client_, now_),
                                   provider.generation)};
}

CheckBearer::Next CheckBearer::check_by_asking()
{
    if (!provider_) {
        return ask_for_provider(0);
    }
    if (!answer_) {
        auto request = oidc::introspection_request(client_, require_documents(*provider_).metadata,
                                                   request_.token.view(), now_);
        about_to_ask();
        return ask(std::move(request),
                   [this](base::HttpResponse answer) { answer_ = std::move(answer); });
    }
    // The provider may have taken its time: by then a fresh token is newer than the request.
    now_ = std::max(now_, answer_->received_at);
    const auto token = oidc::read_introspection(*answer_, client_, now_);
    if (!token) {
        return BearerOutcome{BearerRefused{
            "access token has expired, was revoked, or is none that this client may introspect"}};
    }
    return BearerOutcome{bearer_of(*token, 0)};
}

CheckBearer::Next CheckBearer::ask_for_provider(std::uint64_t newer_than)
{
    return ask(NeedProvider{newer_than},
               [this](ProviderReply reply) { provider_ = std::move(reply); });
}

void CheckBearer::about_to_ask() const
{
    if (request_.before_asking) {
        request_.before_asking();
    }
}

Bearer CheckBearer::bearer_of(const oidc::AccessToken& token, std::uint64_t keys_generation) const
{
    auto claims = oidc::collect_claims(client_.wanted_claims, token.claims, nullptr);
    Session session;
    session.subject = token.subject;
    session.created = token.facts.issued;
    session.limit = token.facts.expires;
    session.token_expiry = token.facts.expires;
    session.claims = std::move(claims.found);
    return {spelled_out(session), token.facts, now_, keys_generation, std::move(claims.refused)};
}

} // namespace ciam::flow
