#include "oidc/apple_secret.hpp"

#include "base/json.hpp"
#include "jose/jws.hpp"
#include "oidc/client_authentication.hpp"
#include "oidc/example.hpp"
#include "support/encrypting.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using test::assert_text;

namespace {

constexpr base::Seconds now = 1'700'000'000;
constexpr base::Seconds six_months = 15'777'000; // what Apple takes

const test::SigningKey& key()
{
    static const test::SigningKey made{"ES256", "KEYID00000"};
    return made;
}

Client client()
{
    auto client = test::example_client();
    client.client_secret = {};
    client.authentication = Authentication::client_secret_post;
    client.key = jose::PrivateKey::parse(test::private_pem(key().get()), "KEYID00000");
    client.apple_team_id = "TEAMID0000";
    return client;
}

base::Json claims_of(const std::string& secret)
{
    return base::Json::parse_object(jose::parse_jws(secret).payload, "claims");
}

void secret_says_whose_it_is_and_for_whom(void**)
{
    const auto claims = claims_of(apple_client_secret(client(), now));
    assert_text(claims.string("iss").value_or(""), "TEAMID0000");
    assert_text(claims.string("sub").value_or(""), "shop");
    assert_text(claims.string("aud").value_or(""), "https://idp.example");
}

void secret_holds_for_a_few_minutes(void**)
{
    const auto claims = claims_of(apple_client_secret(client(), now));
    assert_int_equal(claims.integer("iat").value_or(0), now);
    const auto end = claims.integer("exp").value_or(0);
    assert_true(end > now + 60 && end <= now + 600 && end < now + six_months);
}

void secret_is_signed_by_the_key_that_the_kid_names(void**)
{
    const auto jws = jose::parse_jws(apple_client_secret(client(), now));
    assert_true(jws.algorithm == jose::Algorithm::es256);
    assert_text(jws.kid, "KEYID00000");
    const auto keys = jose::Keys::parse(test::key_set({key().jwk()}));
    assert_text(jose::verify_jws(jws, keys, {{jose::Algorithm::es256}}), jws.payload);
}

void names_with_quotes_break_nothing(void**)
{
    auto with = client();
    with.client_id = R"(sh"op\)";
    assert_text(claims_of(apple_client_secret(with, now)).string("sub").value_or(""),
                with.client_id);
}

void token_call_carries_it_as_the_client_secret(void**)
{
    const auto proof = prove_client(client(), test::example_metadata(), "", now);
    assert_false(proof.authorization.has_value());
    assert_text(proof.form.get("client_id").value_or(""), "shop");
    const auto secret = proof.form.get("client_secret").value_or("");
    assert_text(claims_of(secret).string("iss").value_or(""), "TEAMID0000");
    assert_false(proof.form.has("client_assertion"));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(secret_says_whose_it_is_and_for_whom),
        cmocka_unit_test(secret_holds_for_a_few_minutes),
        cmocka_unit_test(secret_is_signed_by_the_key_that_the_kid_names),
        cmocka_unit_test(names_with_quotes_break_nothing),
        cmocka_unit_test(token_call_carries_it_as_the_client_secret),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
