// Logins whose tokens or userinfo are encrypted or signed, and those of which more was asked.

#include "flow/begin.hpp"
#include "flow/login.hpp"

#include "flow/login_world.hpp"
#include "support/encrypting.hpp"

#include "support/check.hpp"

using namespace ciam;
using base::Fault;
using flow::LoggedIn;
using test::LoginWorld;

namespace {

const test::SigningKey& own_key()
{
    static const test::SigningKey key{"RS256"};
    return key;
}

std::string encrypted(std::string_view text)
{
    return test::encrypt_rsa("RSA-OAEP", test::all_encs().back(), own_key().get(), text).compact();
}

void provider_encrypts_the_id_token(LoginWorld& world)
{
    world.client.decryption_key = jose::DecryptionKey::parse(test::private_pem(own_key().get()));
    world.prepare();
    world.answers["/token"] = test::json_answer(
        R"({"access_token":"the-access-token","token_type":"Bearer","id_token":")" +
        encrypted(world.signed_id_token()) + "\"}");
}

base::HttpResponse signed_userinfo(const test::SigningKey& key)
{
    auto answer = test::json_answer(key.sign(
        R"({"iss":"https://id.example.com","aud":"shop","sub":"customer-1","email":"b@example"})"));
    answer.content_type = "application/jwt";
    return answer;
}

std::optional<Fault> fault_of(LoginWorld& world)
{
    const auto fault = test::fault_of([&] { world.log_in(); });
    assert_false(world.stored_something());
    return fault;
}

void an_encrypted_id_token_becomes_a_session(void**)
{
    LoginWorld world;
    provider_encrypts_the_id_token(world);
    assert_true(std::holds_alternative<LoggedIn>(world.log_in()));
}

/// RP-Initiated Logout section 2: as a hint the provider takes the signed one.
void the_token_that_is_kept_is_the_signed_one(void**)
{
    LoginWorld world;
    world.client.logout_token_hint = true;
    provider_encrypts_the_id_token(world);
    const auto outcome = std::get<LoggedIn>(world.log_in());
    const auto kept = world.session_tokens(outcome.session_cookie.view());
    const auto jws = jose::parse_jws(kept.id_token);
    assert_true(test::contains(jws.payload, "customer-1"));
}

void an_id_token_without_the_agreed_encryption_is_refused(void**)
{
    LoginWorld world;
    world.client.decryption_key = jose::DecryptionKey::parse(test::private_pem(own_key().get()));
    assert_true(fault_of(world) == Fault::provider);
}

void signed_userinfo_brings_its_claims(void**)
{
    LoginWorld world;
    world.client.userinfo = oidc::UserinfoMode::on;
    world.id_token.email.clear();
    world.answers["/userinfo"] = signed_userinfo(test::provider_key());
    const auto outcome = std::get<LoggedIn>(world.log_in());
    const auto text = world.session_text(outcome.session_cookie.view());
    assert_true(test::contains(text, "b@example"));
}

/// The provider has changed its keys between the two answers.
void newer_keys_are_fetched_once_for_signed_userinfo(void**)
{
    LoginWorld world;
    world.client.userinfo = oidc::UserinfoMode::on;
    world.answers["/userinfo"] = signed_userinfo(test::newer_provider_key());
    const auto metadata = test::metadata_text(test::userinfo_member());
    world.provider_replies.push_back(
        {world.documents(metadata, test::key_set(test::newer_provider_key()), 2), std::nullopt});
    assert_true(std::holds_alternative<LoggedIn>(world.log_in()));
    assert_int_equal(world.needs.size(), 2);
    assert_int_equal(world.needs[1], 1);
}

void userinfo_signed_by_nobody_known_is_refused(void**)
{
    LoginWorld world;
    world.client.userinfo = oidc::UserinfoMode::on;
    world.answers["/userinfo"] = signed_userinfo(test::newer_provider_key());
    assert_true(fault_of(world) == Fault::provider);
    assert_int_equal(world.needs.size(), 2);
}

void a_login_of_which_more_was_asked_is_refused_without_it(void**)
{
    for (const oidc::AskedAuthentication& asked :
         {oidc::AskedAuthentication{300, ""}, oidc::AskedAuthentication{std::nullopt, "gold"}}) {
        LoginWorld world;
        world.begun.asked = asked;
        assert_true(fault_of(world) == Fault::provider);
    }
}

void what_is_asked_travels_with_the_login(void**)
{
    test::World world;
    world.provider_has();
    flow::BeginRequest request;
    request.return_path = "/";
    request.redirect_uri = test::redirect_uri;
    request.arguments = base::Parameters::parse("max_age=60&acr_values=gold");
    flow::Begin flow{world.client, world.keyring, request, test::now};
    const auto sent = *world.run(flow);
    test::assert_text(test::parameter_of(sent.url, "max_age"), "60");
    const auto opened =
        flow::open_transaction(world.keyring, test::parameter_of(sent.url, "state"), {});
    assert_int_equal(opened->transaction.asked.max_age.value(), 60);
    test::assert_text(opened->transaction.asked.acr_values, "gold");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(an_encrypted_id_token_becomes_a_session),
        cmocka_unit_test(the_token_that_is_kept_is_the_signed_one),
        cmocka_unit_test(an_id_token_without_the_agreed_encryption_is_refused),
        cmocka_unit_test(signed_userinfo_brings_its_claims),
        cmocka_unit_test(newer_keys_are_fetched_once_for_signed_userinfo),
        cmocka_unit_test(userinfo_signed_by_nobody_known_is_refused),
        cmocka_unit_test(a_login_of_which_more_was_asked_is_refused_without_it),
        cmocka_unit_test(what_is_asked_travels_with_the_login),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
