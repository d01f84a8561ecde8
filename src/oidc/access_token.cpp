#include "oidc/access_token.hpp"

#include "base/error.hpp"
#include "oidc/ascii.hpp"
#include "oidc/subject.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace ciam::oidc {

namespace {

using base::Error;
using base::Fault;

constexpr std::string_view document = "access token";
constexpr std::size_t max_bytes = std::size_t{64} * 1024;

[[noreturn]] void refuse(const std::string& reason)
{
    throw Error{Fault::client, std::string{document} + " " + reason};
}

/// What jose/ and base/ say of a document of the provider is here said of something that anybody
/// may have made up.
template <class Act> auto of_client(Act act)
{
    try {
        return act();
    } catch (const Error& error) {
        if (error.fault() == Fault::provider) {
            throw Error{Fault::client, error.what()};
        }
        throw;
    }
}

std::string_view without_application(std::string_view typ)
{
    const std::string_view prefix = "application/"; // may be left out (RFC 7515 section 4.1.9)
    if (equal_ignoring_case(typ.substr(0, prefix.size()), prefix)) {
        typ.remove_prefix(prefix.size());
    }
    return typ;
}

// RFC 9068 section 2.1
bool is_typed(std::string_view typ)
{
    return equal_ignoring_case(without_application(typ), "at+jwt");
}

/// Says nothing of a purpose; many providers send such access tokens.
bool is_neutral(std::string_view typ)
{
    const auto name = without_application(typ);
    return name.empty() || equal_ignoring_case(name, "JWT") || equal_ignoring_case(name, "JOSE");
}

/// Words of a text or of each text of a list: scope is either, with some providers.
void add_words(const std::vector<std::string>& texts, std::vector<std::string>& words)
{
    for (const std::string& text : texts) {
        std::istringstream stream{text};
        for (std::string word; stream >> word;) {
            words.push_back(std::move(word));
        }
    }
}

// RFC 9068 section 2.2.3; "scp" is what Okta and Entra call it.
std::vector<std::string> scopes_of(const base::Json& claims)
{
    std::vector<std::string> scopes;
    add_words(claims.strings("scope"), scopes);
    add_words(claims.strings("scp"), scopes);
    return scopes;
}

// OIDC Core 2: what tells an ID token from an access token when the header tells nothing. The same
// keys sign both, and everybody who logs in has an ID token in hand.
void require_access_token(const base::Json& claims)
{
    constexpr std::array of_other_tokens = {"nonce", "at_hash", "c_hash", "s_hash", "events"};
    for (const char* name : of_other_tokens) {
        if (claims.has(name)) {
            refuse(std::string{"has a claim "} + name + ": it is a token for another purpose");
        }
    }
    if (!claims.has("scope") && !claims.has("scp")) {
        refuse("has neither the typ at+jwt nor a scope; it may be an ID token");
    }
}

/// Keycloak writes the purpose into the claims: Bearer, ID, Refresh, Offline, Logout.
void check_typ_claim(const base::Json& claims)
{
    const auto typ = claims.string("typ");
    if (typ && !equal_ignoring_case(*typ, "Bearer") && !is_typed(*typ)) {
        refuse("has a claim typ that is for another kind of token");
    }
}

void check_issuer(const base::Json& claims, const Client& client)
{
    const auto issuer = claims.string("iss");
    if (issuer && *issuer != client.issuer) {
        refuse("has the iss of another issuer");
    }
}

// RFC 7519 sections 4.1.4 to 4.1.6. Sums are made of our own numbers alone.
void check_times(const base::Json& claims, const Client& client, base::Seconds now)
{
    const auto expires = claims.integer("exp");
    if (expires && *expires <= now - client.clock_skew) {
        refuse("has expired (exp)");
    }
    if (claims.integer("nbf").value_or(now) > now + client.clock_skew) {
        refuse("is not valid yet (nbf)");
    }
    if (claims.integer("iat").value_or(now) > now + client.clock_skew) {
        refuse("was issued in the future (iat)");
    }
}

// RFC 9449 section 7.1, RFC 8705 section 3: a token that is bound to a key is worth nothing
// without the proof, or the binding would be for nothing.
void check_binding(const base::Json& claims)
{
    if (claims.has("cnf")) {
        refuse("is bound to a key (cnf), for which Bearer is no proof");
    }
}

bool contains(const std::vector<std::string>& list, const std::string& word)
{
    return std::find(list.begin(), list.end(), word) != list.end();
}

} // namespace

TokenUse use_of(const TokenFacts& token, const TokenRules& rules)
{
    const auto is_for = [&](const std::string& audience) {
        return contains(token.audiences, audience);
    };
    const auto is_granted = [&](const std::string& scope) { return contains(token.scopes, scope); };
    if (token.is_untyped && !rules.takes_untyped) {
        return TokenUse::untyped;
    }
    if (std::none_of(rules.audiences.begin(), rules.audiences.end(), is_for)) {
        return TokenUse::other_audience;
    }
    return std::all_of(rules.scopes.begin(), rules.scopes.end(), is_granted)
               ? TokenUse::allowed
               : TokenUse::insufficient_scope;
}

jose::UnverifiedJws read_access_token(std::string_view compact, const Client& client)
{
    auto jws = of_client([&] { return jose::parse_jws(compact); });
    if (!is_typed(jws.typ) && !is_neutral(jws.typ)) {
        refuse("has a typ that is for another kind of token");
    }
    const auto& allowed = client.id_token_algorithms;
    const bool is_allowed =
        std::find(allowed.begin(), allowed.end(), jws.algorithm) != allowed.end();
    // The client's secret is known to more than the provider: what it signs proves nothing here.
    if (!is_allowed || jose::is_mac(jws.algorithm)) {
        refuse("is signed with " + std::string{jose::algorithm_name(jws.algorithm)} +
               ", which is not allowed (id_token_alg)");
    }
    return jws;
}

AccessToken verify_access_token(const jose::UnverifiedJws& jws, const jose::Keys& keys,
                                const Client& client, base::Seconds now)
{
    return of_client([&] {
        const auto payload = jose::verify_jws(jws, keys, client.id_token_algorithms);
        auto claims = base::Json::parse_object(payload, document, max_bytes);
        // RFC 9068 section 4: what a JWT may not do without.
        for (const char* name : {"iss", "exp", "aud"}) {
            if (!claims.has(name)) {
                refuse(std::string{"has no "} + name);
            }
        }
        const bool is_untyped = !is_typed(jws.typ);
        if (is_untyped) {
            require_access_token(claims);
        }
        auto token = read_token_claims(std::move(claims), client, now);
        token.facts.is_untyped = is_untyped;
        return token;
    });
}

AccessToken read_token_claims(base::Json claims, const Client& client, base::Seconds now)
{
    check_typ_claim(claims);
    check_issuer(claims, client);
    check_times(claims, client, now);
    check_binding(claims);
    TokenFacts facts;
    auto subject = subject_of(claims, refuse);
    facts.audiences = claims.strings("aud");
    facts.scopes = scopes_of(claims);
    facts.issued = std::max<base::Seconds>(claims.integer("iat").value_or(0), 0);
    facts.expires = claims.integer("exp").value_or(0);
    return {std::move(facts), std::move(subject), std::move(claims)};
}

} // namespace ciam::oidc
