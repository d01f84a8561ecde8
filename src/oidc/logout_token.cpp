#include "oidc/logout_token.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "oidc/ascii.hpp"
#include "oidc/received_token.hpp"

#include <algorithm>

namespace ciam::oidc {

namespace {

constexpr std::size_t max_bytes = 64 * 1024;
constexpr std::size_t max_name = 1024; // of a jti, sid or sub
constexpr base::Seconds max_age = 3600;
constexpr base::Seconds usual_lifetime = 120; // section 4: at most two minutes
constexpr const char* logout_event = "http://schemas.openid.net/event/backchannel-logout";
constexpr const char* check_clocks = "; check the clocks of this machine and of the provider";

[[noreturn]] void refuse(const std::string& reason)
{
    throw base::Error{base::Fault::provider, "logout token " + reason};
}

// Section 2.4: logout+jwt is recommended, and many providers send JWT or nothing. RFC 8725 section
// 3.11: never a token that was made for something else.
void check_type(std::string_view typ)
{
    const std::string_view prefix = "application/";
    if (equal_ignoring_case(typ.substr(0, prefix.size()), prefix)) {
        typ.remove_prefix(prefix.size());
    }
    if (!typ.empty() && !equal_ignoring_case(typ, "logout+jwt") &&
        !equal_ignoring_case(typ, "JWT")) {
        refuse("has a typ that is for another kind of token");
    }
}

// Section 2.6 (3): the algorithm that the client's ID tokens are signed with.
void check_algorithm(const jose::UnverifiedJws& jws, std::optional<jose::Algorithm> of_id_tokens)
{
    if (of_id_tokens && *of_id_tokens != jws.algorithm) {
        refuse("is signed with " + std::string{jose::algorithm_name(jws.algorithm)} +
               " and the ID tokens with " + std::string{jose::algorithm_name(*of_id_tokens)} +
               "; if this provider does so, name both in id_token_alg");
    }
}

void check_issuer(const base::Json& claims, const Client& client)
{
    if (claims.string("iss") != client.issuer) {
        refuse("has no iss, or that of another issuer");
    }
}

void check_audience(const base::Json& claims, const Client& client)
{
    const auto audiences = claims.strings("aud");
    if (std::find(audiences.begin(), audiences.end(), client.client_id) == audiences.end()) {
        refuse("is for another client (aud); check client_id");
    }
}

// Section 2.4: the member is there and an object, whatever is in it; other events beside it are
// allowed (RFC 8417 section 2.2).
void check_event(const base::Json& claims)
{
    const auto events = claims.object("events");
    if (!events || !events->object(logout_event)) {
        refuse("has no events that say it is one");
    }
}

// Section 2.4: so that it can never be taken for an ID token; that it is null is no excuse.
void check_no_nonce(const base::Json& claims)
{
    if (json_object_get(claims.get(), "nonce") != nullptr) {
        refuse("has a nonce, which belongs into an ID token");
    }
}

base::Seconds issued_at(const base::Json& claims, const Client& client, base::Seconds now)
{
    const auto issued = claims.integer("iat");
    if (!issued) {
        refuse("has no iat");
    }
    if (*issued > now + client.clock_skew) {
        refuse(std::string{"was issued in the future (iat)"} + check_clocks);
    }
    if (*issued < now - max_age - client.clock_skew) {
        refuse(std::string{"was issued more than an hour ago (iat)"} + check_clocks);
    }
    return *issued;
}

/// Drafts before 2022, which some providers still follow, have no exp.
base::Seconds expires_at(const base::Json& claims, const Client& client, base::Seconds issued)
{
    // No later than iat allows, which has been checked: the token's own number may be any.
    const auto latest = issued + max_age + client.clock_skew;
    const auto stated = claims.integer("exp").value_or(issued + usual_lifetime);
    return stated < latest - client.clock_skew ? stated + client.clock_skew : latest;
}

std::optional<std::string> name(const base::Json& claims, const char* member)
{
    auto text = claims.string(member);
    if (text && (text->empty() || text->size() > max_name)) {
        refuse(std::string{"has a "} + member + " that is empty or longer than 1024 characters");
    }
    return text;
}

/// Sections 2.4 and 2.6 (4), (8).
LogoutToken read_token(const base::Json& claims, const Client& client, base::Seconds now)
{
    LogoutToken token;
    token.issued = issued_at(claims, client, now);
    token.expires = expires_at(claims, client, token.issued);
    if (token.expires <= now) {
        refuse(std::string{"has expired (exp)"} + check_clocks);
    }
    token.subject = name(claims, "sub");
    token.sid = name(claims, "sid");
    if (!token.subject && !token.sid) {
        refuse("has neither sub nor sid");
    }
    auto jti = name(claims, "jti");
    if (!jti) {
        refuse("has no jti");
    }
    token.jti = *std::move(jti);
    return token;
}

} // namespace

LogoutToken verify_logout_token(const jose::UnverifiedJws& jws, const jose::Keys& keys,
                                const Client& client, const ExpectedLogoutToken& expected)
{
    check_type(jws.typ);
    check_algorithm(jws, expected.id_token_algorithm);
    const auto payload = verify_signature(jws, keys, client);
    const auto claims = base::Json::parse_object(payload, "logout token", max_bytes);
    check_issuer(claims, client);
    check_audience(claims, client);
    check_event(claims);
    check_no_nonce(claims);
    return read_token(claims, client, expected.now);
}

} // namespace ciam::oidc
