#include "oidc/id_token.hpp"

#include "base/error.hpp"
#include "base/secret.hpp"
#include "jose/seal.hpp"
#include "oidc/ascii.hpp"
#include "oidc/received_token.hpp"
#include "oidc/subject.hpp"

#include <algorithm>
#include <sstream>

namespace ciam::oidc {

namespace {

constexpr std::size_t max_bytes = 64 * 1024;
constexpr std::size_t nonce_mark_bytes = 8;
constexpr const char* check_clocks =
    "; check the clocks of this machine and of the provider (clock_skew says how far they may "
    "differ)";

[[noreturn]] void refuse(const std::string& reason)
{
    throw base::Error{base::Fault::provider, "ID token " + reason};
}

// RFC 8725 section 3.11: a JWT made for another purpose (at+jwt, logout+jwt) is no ID token. "JWT"
// and "JOSE" (RFC 7515 section 4.1.9) say nothing of a purpose, and many providers send no typ.
void check_type(std::string_view typ)
{
    const std::string_view prefix = "application/"; // may be left out (RFC 7515 section 4.1.9)
    if (equal_ignoring_case(typ.substr(0, prefix.size()), prefix)) {
        typ.remove_prefix(prefix.size());
    }
    if (!typ.empty() && !equal_ignoring_case(typ, "JWT") && !equal_ignoring_case(typ, "JOSE")) {
        refuse("has a typ that is for another kind of token");
    }
}

// OIDC Back-Channel Logout 1.0 section 2.4: "events" makes it a logout token, a nonce forbids it.
void check_purpose(const base::Json& claims)
{
    if (claims.has("events")) {
        refuse("has a claim events: it is a logout or event token");
    }
}

// OIDC Core 3.1.3.7 (2): exactly the issuer.
void check_issuer(const base::Json& claims, const Client& client)
{
    const auto issuer = claims.string("iss");
    if (!issuer) {
        refuse("has no iss");
    }
    if (client.issuer_without_scheme && client.issuer.ends_with("://" + *issuer)) {
        return;
    }
    if (*issuer == client.issuer + "/" || *issuer + "/" == client.issuer) {
        refuse("has an iss that differs from the directive issuer by a slash at the end");
    }
    if (*issuer != client.issuer) {
        refuse("has the iss of another issuer");
    }
}

// Google's hd: the parameter of that name only says whom the login page is to invite.
void check_hosted_domain(const base::Json& claims, const Client& client)
{
    if (client.hosted_domain.empty()) {
        return;
    }
    const auto domain = claims.string("hd");
    if (!domain) {
        refuse("is of an account of no organisation (hd), and extra_auth_args asks for one");
    }
    if (client.hosted_domain != "*" && *domain != client.hosted_domain) {
        refuse("is of an account of another organisation (hd) than extra_auth_args asks for");
    }
}

// OIDC Core 3.1.3.7 (3) to (5). An audience that we do not know is trusted only as far as azp says
// that the token was made for us.
void check_audience(const base::Json& claims, const Client& client)
{
    const auto audiences = claims.strings("aud");
    if (audiences.empty()) {
        refuse("has no aud");
    }
    if (std::find(audiences.begin(), audiences.end(), client.client_id) == audiences.end()) {
        refuse("is for another client (aud); check client_id");
    }
    const auto authorized = claims.string("azp");
    if (audiences.size() > 1 && !authorized) {
        refuse("has several audiences and no azp");
    }
    if (authorized && *authorized != client.client_id) {
        refuse("was made for another client (azp)");
    }
}

base::Seconds required_time(const base::Json& claims, const char* name)
{
    const auto time = claims.integer(name);
    if (!time) {
        refuse(std::string{"has no "} + name);
    }
    return *time;
}

// OIDC Core 3.1.3.7 (9), (10), RFC 7519 section 4.1.5. Sums are made of our own numbers alone: the
// token's may be as large as they like.
void check_times(const base::Json& claims, const Client& client, base::Seconds now)
{
    if (required_time(claims, "exp") <= now - client.clock_skew) {
        refuse(std::string{"has expired (exp)"} + check_clocks);
    }
    if (required_time(claims, "iat") > now + client.clock_skew) {
        refuse(std::string{"was issued in the future (iat)"} + check_clocks);
    }
    if (claims.integer("nbf").value_or(now) > now + client.clock_skew) {
        refuse(std::string{"is not valid yet (nbf)"} + check_clocks);
    }
}

void check_age(const base::Json& claims, const Client& client, base::Seconds now)
{
    // It was made for a code of this login, and a login takes login_timeout at most: an older one
    // is from another login.
    if (required_time(claims, "iat") < now - client.login_timeout - client.clock_skew) {
        refuse(std::string{"was issued before this login began (iat)"} + check_clocks);
    }
}

// OIDC Core 3.1.3.7 (13), 2 and 3.1.2.1 (max_age). The time at the provider counts for the
// customer: who has logged in within max_age when he was sent there, or since, has done what was
// asked.
void check_login_time(const base::Json& claims, const Client& client,
                      const ExpectedIdToken& expected)
{
    const auto time = claims.integer("auth_time");
    if (time && *time > expected.now + client.clock_skew) {
        refuse(std::string{"tells of a login in the future (auth_time)"} + check_clocks);
    }
    if (!expected.asked.max_age) {
        return;
    }
    if (!time) {
        refuse("has no auth_time although max_age was asked");
    }
    if (*time < expected.asked_at - *expected.asked.max_age - client.clock_skew) {
        refuse("tells of a login that is older than max_age allows (auth_time)");
    }
}

/// NGINX Plus' directive: a wish, which a provider that tells no acr may have fulfilled.
bool is_wish_alone(const Client& client, const AskedAuthentication& asked)
{
    return !asked.acr_is_essential && client.extra_auth_args.get("acr_values") == asked.acr_values;
}

// OIDC Core 3.1.3.7 (12), 5.5.1.1: whoever takes acr_values out of the address of the login page on
// its way gets a weaker login, which must not count.
void check_context_class(const base::Json& claims, const Client& client,
                         const AskedAuthentication& asked)
{
    const auto acr = claims.string("acr");
    if (asked.acr_is_essential && asked.acr_values.empty()) {
        if (!acr || acr->empty()) {
            refuse("has no acr although the claims parameter asks for it as essential");
        }
        return;
    }
    if (asked.acr_values.empty() || (!acr && is_wish_alone(client, asked))) {
        return;
    }
    std::istringstream values{asked.acr_values};
    for (std::string value; values >> value;) {
        if (acr == value) {
            return;
        }
    }
    const std::string by = asked.acr_is_essential ? "claims" : "acr_values";
    refuse(acr ? "has an acr that was not asked for (" + by + ")"
               : "has no acr although " + by + " was asked");
}

// OIDC Core 3.1.3.7 (11): ties the token to the browser that began the login.
void check_nonce(const base::Json& claims, std::string_view expected)
{
    const auto nonce = claims.string("nonce");
    if (!nonce || nonce->empty()) {
        refuse("has no nonce");
    }
    if (!base::equal_secret(*nonce, expected)) {
        refuse("has the nonce of another login");
    }
}

// OIDC Core 3.1.3.8: optional in the code flow, right where present.
void check_access_token_hash(const base::Json& claims, jose::Algorithm algorithm,
                             std::string_view access_token)
{
    const auto hash = claims.string("at_hash");
    if (hash && !base::equal_secret(*hash, jose::left_half_hash(algorithm, access_token))) {
        refuse("belongs to another access token (at_hash), or the provider makes that hash in "
               "another way than its signature's algorithm says; let it sign with RS256");
    }
}

std::optional<std::string> session_id(const base::Json& claims)
{
    auto sid = claims.string("sid");
    return sid && sid->empty() ? std::nullopt : std::move(sid);
}

/// What holds of every ID token.
base::Json verified_claims(const jose::UnverifiedJws& jws, const jose::Keys& keys,
                           const Client& client, base::Seconds now)
{
    check_type(jws.typ);
    const auto payload = verify_signature(jws, keys, client);
    auto claims = base::Json::parse_object(payload, "ID token", max_bytes);
    check_purpose(claims);
    check_issuer(claims, client);
    check_hosted_domain(claims, client);
    check_audience(claims, client);
    check_times(claims, client, now);
    return claims;
}

// OIDC Core 12.2: what says of the login anything else than the first ID token is of another login.
void check_same_login(const base::Json& claims, const Client& client,
                      const ExpectedRefreshedIdToken& expected)
{
    if (required_time(claims, "iat") < expected.began - client.clock_skew) {
        refuse(std::string{"of a refresh is older than the session (iat)"} + check_clocks);
    }
    const auto time = claims.integer("auth_time");
    if (time && expected.auth_time != 0 && *time != expected.auth_time) {
        refuse("of a refresh tells of another login (auth_time)");
    }
    const auto nonce = claims.string("nonce");
    if (nonce && !base::equal_secret(nonce_mark(*nonce), expected.nonce_mark)) {
        refuse("of a refresh has the nonce of another login");
    }
}

} // namespace

std::string nonce_mark(std::string_view nonce)
{
    return std::string{jose::view(jose::sha256(nonce)).substr(0, nonce_mark_bytes)};
}

IdToken verify_refreshed_id_token(const jose::UnverifiedJws& jws, const jose::Keys& keys,
                                  const Client& client, const ExpectedRefreshedIdToken& expected)
{
    auto claims = verified_claims(jws, keys, client, expected.now);
    check_same_login(claims, client, expected);
    check_access_token_hash(claims, jws.algorithm, expected.access_token);
    auto subject = subject_of(claims, refuse);
    if (subject != expected.subject) {
        refuse("of a refresh is of another customer (sub)");
    }
    auto sid = session_id(claims);
    return {std::move(subject), std::move(sid), std::move(claims)};
}

IdToken verify_id_token(const jose::UnverifiedJws& jws, const jose::Keys& keys,
                        const Client& client, const ExpectedIdToken& expected)
{
    auto claims = verified_claims(jws, keys, client, expected.now);
    check_age(claims, client, expected.now);
    check_nonce(claims, expected.nonce);
    check_login_time(claims, client, expected);
    check_context_class(claims, client, expected.asked);
    check_access_token_hash(claims, jws.algorithm, expected.access_token);
    auto subject = subject_of(claims, refuse);
    auto sid = session_id(claims);
    return {std::move(subject), std::move(sid), std::move(claims)};
}

} // namespace ciam::oidc
