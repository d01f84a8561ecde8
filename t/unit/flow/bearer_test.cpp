#include "flow/bearer.hpp"

#include "flow/world.hpp"
#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using base::Fault;
using flow::BearerOutcome;
using flow::CheckBearer;

namespace {

std::string claims(const std::string& more = "")
{
    return R"("iss":"https://id.example.com","sub":"customer-1","aud":"api","exp":)" +
           std::to_string(now + 300) + ",\"iat\":" + std::to_string(now - 7) +
           R"(,"email":"ann@example.com")" + more;
}

std::string signed_token(const SigningKey& key = provider_key(), const std::string& more = "")
{
    return key.sign(key.header(R"(,"typ":"at+jwt")"), "{" + claims(more) + "}");
}

class BearerWorld : public World {
public:
    BearerWorld()
    {
        provider_has(R"(,"introspection_endpoint":"https://id.example.com/introspect")");
    }

    std::size_t calls_announced = 0;
    bool introspect = false;

    flow::BearerRequest request(const std::string& token)
    {
        return {base::Secret{std::string_view{token}}, introspect, [this] { calls_announced++; }};
    }

    BearerOutcome check(const std::string& token)
    {
        CheckBearer flow{client, request(token), now};
        return *run(flow);
    }

    bool refuses(const std::string& token)
    {
        return std::holds_alternative<flow::BearerRefused>(check(token));
    }
};

// The field

void knows_its_scheme(void**)
{
    for (const char* field : {"Bearer a", "bearer a", "BEARER  a", "Bearer", "Bearer "}) {
        assert_true(flow::is_bearer(field));
    }
    for (const char* field :
         {"", " Bearer a", "BearerX a", "Basic Bearer", "Bearer\ta", "DPoP a"}) {
        assert_false(flow::is_bearer(field));
    }
}

void takes_the_token_out_of_the_field(void**)
{
    assert_text(std::string{flow::bearer_token("Bearer a.b-c_d~e+f/9==")}, "a.b-c_d~e+f/9==");
    assert_text(std::string{flow::bearer_token("Bearer   a")}, "a");
}

void refuses_what_no_token_is(void**)
{
    for (const std::string& field :
         {std::string{"Bearer"}, std::string{"Bearer "}, std::string{"Bearer a b"},
          std::string{"Bearer a "}, std::string{"Bearer a,b"}, std::string{"Bearer =a"},
          std::string{"Bearer =="}, std::string{"Bearer \"a\""}, std::string{"Bearer \xc3\xab"},
          "Bearer " + std::string(16 * 1024 + 1, 'a')}) {
        assert_true(fault_of([&] { flow::bearer_token(field); }) == Fault::client);
    }
}

// By keys

void checks_a_jwt_and_asks_nobody(void**)
{
    BearerWorld world;
    const auto bearer = std::get<flow::Bearer>(world.check(signed_token()));
    const auto view = flow::SessionView::parse(bearer.session.view());
    assert_text(std::string{view->subject()}, "customer-1");
    assert_text(std::string{view->claim("email").value_or("")}, "ann@example.com");
    assert_false(view->claim("aud").has_value()); // nobody uses it
    assert_int_equal(view->created(), now - 7);
    assert_int_equal(bearer.facts.expires, now + 300);
    assert_int_equal(bearer.keys_generation, 1);
    assert_int_equal(world.requests.size() + world.calls_announced, 0);
    assert_int_equal(world.needs.size(), 1);
}

void refuses_a_jwt_that_does_not_hold(void**)
{
    BearerWorld world;
    assert_true(world.refuses("opaque"));
    assert_true(world.needs.empty()); // no need of the provider to see that
    static const SigningKey foreign{"ES256", "key-1"};
    assert_true(world.refuses(signed_token(foreign)));
}

void asks_for_newer_keys_once_and_says_so_before(void**)
{
    BearerWorld world;
    const auto newer = world.documents(metadata_text(), key_set(newer_provider_key()), 2);
    world.provider_replies.push_back({newer, std::nullopt});
    const auto bearer = std::get<flow::Bearer>(world.check(signed_token(newer_provider_key())));
    assert_int_equal(bearer.keys_generation, 2);
    assert_int_equal(world.calls_announced, 1);
    assert_true((world.needs == std::vector<std::uint64_t>{0, 1}));
}

void refuses_a_key_that_the_newer_keys_lack_too(void**)
{
    BearerWorld world;
    assert_true(world.refuses(signed_token(newer_provider_key())));
    assert_int_equal(world.needs.size(), 2);
}

void asks_nothing_when_it_may_not(void**)
{
    BearerWorld world;
    auto request = world.request(signed_token(newer_provider_key()));
    request.before_asking = [] { throw base::Error{Fault::too_many, "enough"}; };
    CheckBearer flow{world.client, std::move(request), now};
    assert_true(fault_of([&] { world.run(flow); }) == Fault::too_many);
    assert_int_equal(world.needs.size(), 1);
}

void tells_that_the_provider_is_away(void**)
{
    BearerWorld world;
    world.provider_replies = {{nullptr, base::Error{Fault::provider_away, "away"}}};
    assert_true(fault_of([&] { world.check(signed_token()); }) == Fault::provider_away);
}

void names_claims_that_may_not_be_passed_on(void**)
{
    BearerWorld world;
    const auto token = provider_key().sign(
        provider_key().header(R"(,"typ":"at+jwt")"),
        R"({"iss":"https://id.example.com","sub":"c","aud":"api","exp":4102444800,"email":"a\nb"})");
    const auto bearer = std::get<flow::Bearer>(world.check(token));
    assert_true(bearer.refused_claims == std::vector<std::string>{"email"});
}

// By asking

class AskingWorld : public BearerWorld {
public:
    AskingWorld() { introspect = true; }

    void provider_says(const std::string& text, int status = 200)
    {
        answers["/introspect"] = json_answer(text, status);
    }
};

void asks_the_provider_and_says_so_before(void**)
{
    AskingWorld world;
    world.provider_says("{\"active\":true," + claims() + "}");
    const auto bearer = std::get<flow::Bearer>(world.check("opaque"));
    const auto view = flow::SessionView::parse(bearer.session.view());
    assert_text(std::string{view->claim("email").value_or("")}, "ann@example.com");
    assert_int_equal(bearer.keys_generation, 0);
    assert_int_equal(bearer.checked, now);
    assert_int_equal(world.calls_announced, 1);
    assert_int_equal(world.calls("/introspect"), 1);
}

void refuses_what_the_provider_calls_not_active(void**)
{
    AskingWorld world;
    world.provider_says(R"({"active":false})");
    assert_true(world.refuses("opaque"));
    world.provider_says("{\"active\":false," + claims() + "}");
    assert_true(world.refuses("opaque"));
}

void does_not_believe_a_jwt_without_asking(void**)
{
    AskingWorld world;
    world.provider_says(R"({"active":false})");
    assert_true(world.refuses(signed_token()));
}

void counts_the_time_that_the_provider_took(void**)
{
    AskingWorld world;
    world.provider_says("{\"active\":true," + claims() + "}");
    world.answers["/introspect"].received_at = now + 200;
    assert_int_equal(std::get<flow::Bearer>(world.check("opaque")).checked, now + 200);
    world.answers["/introspect"].received_at = now + 300 + world.client.clock_skew;
    assert_true(world.refuses("opaque"));
}

void lets_nobody_in_when_the_provider_does_not_say(void**)
{
    AskingWorld world;
    world.answers["/introspect"] = timeout_answer();
    assert_true(fault_of([&] { world.check("opaque"); }) == Fault::provider_timeout);
    world.provider_says("{}");
    assert_true(fault_of([&] { world.check("opaque"); }) == Fault::provider);
}

void can_be_left_at_every_step(void**)
{
    for (std::size_t steps = 0; steps < 3; steps++) {
        AskingWorld world;
        world.provider_says("{\"active\":true," + claims() + "}");
        CheckBearer flow{world.client, world.request("opaque"), now};
        assert_true(world.run(flow, steps).has_value() == false);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_scheme),
        cmocka_unit_test(takes_the_token_out_of_the_field),
        cmocka_unit_test(refuses_what_no_token_is),
        cmocka_unit_test(checks_a_jwt_and_asks_nobody),
        cmocka_unit_test(refuses_a_jwt_that_does_not_hold),
        cmocka_unit_test(asks_for_newer_keys_once_and_says_so_before),
        cmocka_unit_test(refuses_a_key_that_the_newer_keys_lack_too),
        cmocka_unit_test(asks_nothing_when_it_may_not),
        cmocka_unit_test(tells_that_the_provider_is_away),
        cmocka_unit_test(names_claims_that_may_not_be_passed_on),
        cmocka_unit_test(asks_the_provider_and_says_so_before),
        cmocka_unit_test(refuses_what_the_provider_calls_not_active),
        cmocka_unit_test(does_not_believe_a_jwt_without_asking),
        cmocka_unit_test(counts_the_time_that_the_provider_took),
        cmocka_unit_test(lets_nobody_in_when_the_provider_does_not_say),
        cmocka_unit_test(can_be_left_at_every_step),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
