#include "oidc/client_authentication.hpp"

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "jose/jws.hpp"
#include "oidc/example.hpp"
#include "support/encrypting.hpp"

#include <map>
#include <set>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using enum Authentication;
using base::Fault;
using test::assert_text;
using test::contains;
using test::example_client;
using test::example_metadata;

namespace {

constexpr base::Seconds now = 1'700'000'000;
constexpr const char* long_secret = "a secret of more than 32 characters";

const test::SigningKey& pair_of(const std::string& algorithm)
{
    static std::map<std::string, test::SigningKey> pairs;
    return pairs.try_emplace(algorithm, algorithm, "mine").first->second;
}

Client with_key(const std::string& algorithm = "ES256")
{
    auto client = example_client();
    client.client_secret = {};
    client.key = jose::PrivateKey::parse(test::private_pem(pair_of(algorithm).get()), "mine");
    return client;
}

Client with_secret(const std::string& secret)
{
    auto client = example_client();
    client.client_secret = base::Secret{std::string_view{secret}};
    return client;
}

Client without_means()
{
    return with_secret("");
}

Metadata listing(std::vector<std::string> methods, std::vector<std::string> algorithms = {})
{
    auto metadata = example_metadata();
    metadata.token_endpoint_auth_methods = std::move(methods);
    metadata.token_endpoint_auth_algorithms = std::move(algorithms);
    return metadata;
}

struct Sent : ClientProof {
    std::string value(const char* name) const { return form.get(name).value_or("(none)"); }
    jose::UnverifiedJws assertion() const { return jose::parse_jws(value("client_assertion")); }
    base::Json claims() const { return base::Json::parse_object(assertion().payload, "claims"); }
};

Sent sent_by(const Client& client, const Metadata& metadata = example_metadata())
{
    return {prove_client(client, metadata, "https://idp.example/par", now)};
}

void assert_impossible(const Client& client, const Metadata& metadata)
{
    const auto act = [&] { sent_by(client, metadata); };
    assert_true(test::fault_of(act) == Fault::configuration);
    assert_false(contains(test::message_of(act), long_secret));
}

// Which

void what_is_configured_is_used_whatever_is_listed(void**)
{
    auto client = with_secret(long_secret);
    for (const Authentication chosen :
         {client_secret_basic, client_secret_post, client_secret_jwt, none, tls_client_auth}) {
        client.authentication = chosen;
        assert_true(chosen_authentication(client, listing({"private_key_jwt"})) == chosen);
    }
}

void a_secret_is_sent_by_the_first_listed_method_that_fits(void**)
{
    const auto client = with_secret(long_secret);
    const std::vector<std::pair<std::vector<std::string>, Authentication>> expected{
        {{}, client_secret_basic},
        {{"client_secret_post", "client_secret_basic"}, client_secret_basic},
        {{"private_key_jwt", "client_secret_jwt", "client_secret_post"}, client_secret_post},
        {{"private_key_jwt", "client_secret_jwt"}, client_secret_jwt}};
    for (const auto& [methods, method] : expected) {
        assert_true(chosen_authentication(client, listing(methods)) == method);
    }
}

void a_key_or_a_certificate_is_used_where_the_provider_lists_it(void**)
{
    assert_true(chosen_authentication(with_key(), listing({"client_secret_basic",
                                                           "private_key_jwt"})) == private_key_jwt);
    auto client = without_means();
    client.has_certificate = true;
    assert_true(chosen_authentication(client, listing({"self_signed_tls_client_auth"})) ==
                self_signed_tls_client_auth);
    assert_true(chosen_authentication(client, listing({"self_signed_tls_client_auth",
                                                       "tls_client_auth"})) == tls_client_auth);
}

void a_client_without_means_is_public(void**)
{
    const auto sent = sent_by(without_means(), listing({"client_secret_basic"}));
    assert_text(sent.form.encode(), "client_id=shop");
    assert_false(sent.authorization.has_value());
}

/// Nothing weaker is taken instead: a client with a key never goes as a public one.
void means_that_no_listed_method_wants_are_an_error(void**)
{
    assert_impossible(with_secret(long_secret), listing({"private_key_jwt", "none"}));
    assert_impossible(with_secret("short"), listing({"client_secret_jwt", "none"}));
    assert_impossible(with_key(), listing({"client_secret_basic", "none"}));
    assert_impossible(with_key(), listing({}));
}

// Assertions

void an_assertion_is_for_this_provider_and_short_lived(void**)
{
    auto client = with_key();
    client.authentication = private_key_jwt;
    const auto sent = sent_by(client);
    assert_text(sent.value("client_assertion_type"),
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_text(sent.value("client_id"), "shop");
    assert_text(sent.value("client_secret"), "(none)");
    assert_false(sent.authorization.has_value());
    const auto claims = sent.claims();
    assert_text(claims.string("iss").value(), "shop");
    assert_text(claims.string("sub").value(), "shop");
    assert_text(claims.string("aud").value(), "https://idp.example");
    assert_int_equal(claims.integer("iat").value(), now);
    assert_int_equal(claims.integer("exp").value(), now + 60);
}

void the_audience_may_be_the_token_endpoint(void**)
{
    auto client = with_key();
    client.authentication = private_key_jwt;
    client.assertion_audience = AssertionAudience::token_endpoint;
    auto metadata = example_metadata();
    assert_text(sent_by(client, metadata).claims().string("aud").value(),
                "https://idp.example/token");
}

void the_audience_may_be_the_endpoint_that_the_call_goes_to(void**)
{
    auto client = with_secret(long_secret);
    client.authentication = client_secret_jwt;
    client.assertion_audience = AssertionAudience::endpoint;
    assert_text(sent_by(client).claims().string("aud").value(), "https://idp.example/par");
}

void no_two_assertions_are_the_same(void**)
{
    auto client = with_key();
    client.authentication = private_key_jwt;
    std::set<std::string> seen;
    for (int i = 0; i < 50; i++) {
        const auto id = sent_by(client).claims().string("jti").value();
        assert_true(id.size() >= 22);
        seen.insert(id);
    }
    assert_int_equal(seen.size(), 50);
}

void an_assertion_is_signed_by_the_key_and_names_it(void**)
{
    for (const char* algorithm : {"RS256", "ES256", "ES384", "ES512", "EdDSA"}) {
        auto client = with_key(algorithm);
        client.authentication = private_key_jwt;
        const auto jws = sent_by(client).assertion();
        assert_text(std::string{jose::algorithm_name(jws.algorithm)}, algorithm);
        assert_text(jws.kid, "mine");
        const auto keys = jose::Keys::parse(test::key_set(pair_of(algorithm)));
        jose::verify_jws(jws, keys, std::array{jws.algorithm});
    }
}

void an_rsa_key_signs_with_what_the_provider_lists(void**)
{
    auto client = with_key("RS256");
    client.authentication = private_key_jwt;
    const std::vector<std::pair<std::vector<std::string>, std::string>> expected{
        {{"RS256", "PS256"}, "PS256"},
        {{"RS256", "ES256"}, "RS256"},
        {{"HS256", "RS512"}, "RS512"}};
    for (const auto& [listed, algorithm] : expected) {
        const auto jws = sent_by(client, listing({}, listed)).assertion();
        assert_text(std::string{jose::algorithm_name(jws.algorithm)}, algorithm);
    }
    assert_impossible(client, listing({}, {"ES256", "HS256"}));
}

void a_secret_signs_an_assertion_and_is_not_sent(void**)
{
    auto client = with_secret(long_secret);
    client.authentication = client_secret_jwt;
    const auto sent = sent_by(client);
    const auto jws = sent.assertion();
    assert_true(jws.algorithm == jose::Algorithm::hs256);
    jose::verify_jws_by_secret(jws, long_secret, std::array{jws.algorithm});
    assert_false(contains(sent.form.encode(), "secret+of"));
    assert_text(sent.value("client_secret"), "(none)");
    // RFC 7518 section 3.2: too short for the only one that is listed.
    assert_impossible(client, listing({}, {"HS512"}));
}

void an_id_with_quotes_stays_one_value(void**)
{
    auto client = with_key();
    client.authentication = private_key_jwt;
    client.client_id = R"(a","sub":"evil)";
    assert_text(sent_by(client).claims().string("sub").value(), client.client_id);
}

// RFC 8705

void a_certificate_goes_to_the_endpoint_that_wants_it(void**)
{
    auto client = without_means();
    auto metadata = listing({"tls_client_auth"});
    metadata.mtls_token_endpoint = "https://mtls.idp.example/token";
    assert_text(token_endpoint(client, metadata), "https://idp.example/token");
    client.has_certificate = true;
    assert_text(token_endpoint(client, metadata), "https://mtls.idp.example/token");
    assert_text(sent_by(client, metadata).form.encode(), "client_id=shop");
    metadata.mtls_token_endpoint.reset();
    assert_text(token_endpoint(client, metadata), "https://idp.example/token");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(what_is_configured_is_used_whatever_is_listed),
        cmocka_unit_test(a_secret_is_sent_by_the_first_listed_method_that_fits),
        cmocka_unit_test(a_key_or_a_certificate_is_used_where_the_provider_lists_it),
        cmocka_unit_test(a_client_without_means_is_public),
        cmocka_unit_test(means_that_no_listed_method_wants_are_an_error),
        cmocka_unit_test(an_assertion_is_for_this_provider_and_short_lived),
        cmocka_unit_test(the_audience_may_be_the_token_endpoint),
        cmocka_unit_test(the_audience_may_be_the_endpoint_that_the_call_goes_to),
        cmocka_unit_test(no_two_assertions_are_the_same),
        cmocka_unit_test(an_assertion_is_signed_by_the_key_and_names_it),
        cmocka_unit_test(an_rsa_key_signs_with_what_the_provider_lists),
        cmocka_unit_test(a_secret_signs_an_assertion_and_is_not_sent),
        cmocka_unit_test(an_id_with_quotes_stays_one_value),
        cmocka_unit_test(a_certificate_goes_to_the_endpoint_that_wants_it),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
