#include "flow/begin.hpp"

#include "flow/world.hpp"
#include "support/check.hpp"

using namespace ciam;
using flow::Begin;
using flow::BeginRequest;

namespace {

BeginRequest some_request(const std::string& binding = "")
{
    BeginRequest request;
    request.return_path = "/cart?item=1";
    request.redirect_uri = test::redirect_uri;
    request.binding = binding;
    return request;
}

flow::SendToProvider begin(test::World& world, BeginRequest request)
{
    Begin flow{world.client, world.keyring, std::move(request), test::now};
    return world.run(flow).value();
}

void sends_the_browser_to_the_authorization_endpoint(void**)
{
    test::World world;
    world.provider_has();
    const std::string url = begin(world, some_request()).url;
    assert_int_equal(url.rfind(std::string{test::issuer} + "/authorize?", 0), 0);
    test::assert_text(test::parameter_of(url, "response_type"), "code");
    test::assert_text(test::parameter_of(url, "client_id"), "shop");
    test::assert_text(test::parameter_of(url, "redirect_uri"), test::redirect_uri);
    test::assert_text(test::parameter_of(url, "scope"), "openid");
    assert_int_equal(world.needs.size(), 1);
    assert_int_equal(world.needs[0], 0);
    assert_true(world.requests.empty() && world.store_requests.empty());
}

void the_state_opens_with_the_new_binding_cookie(void**)
{
    test::World world;
    world.provider_has();
    const auto sent = begin(world, some_request());
    assert_true(sent.new_binding && flow::is_binding(*sent.new_binding));
    const auto opened = flow::open_transaction(world.keyring, test::parameter_of(sent.url, "state"),
                                               std::vector{*sent.new_binding});
    assert_true(opened && opened->secrets);
    test::assert_text(opened->transaction.provider, "main");
    test::assert_text(opened->transaction.return_path, "/cart?item=1");
    assert_int_equal(opened->transaction.started, test::now);
    assert_false(opened->transaction.second_try);
    test::assert_text(test::parameter_of(sent.url, "nonce"), opened->secrets->nonce);
    const auto challenge = jose::sha256(opened->secrets->code_verifier);
    test::assert_text(test::parameter_of(sent.url, "code_challenge"),
                      base::base64url_encode(jose::view(challenge)));
    test::assert_text(test::parameter_of(sent.url, "code_challenge_method"), "S256");
}

void neither_binding_nor_verifier_is_in_the_url(void**)
{
    test::World world;
    world.provider_has();
    const auto sent = begin(world, some_request());
    const auto opened = flow::open_transaction(world.keyring, test::parameter_of(sent.url, "state"),
                                               std::vector{*sent.new_binding});
    assert_false(test::contains(sent.url, *sent.new_binding));
    assert_false(test::contains(sent.url, opened->secrets->code_verifier));
}

void a_valid_binding_cookie_is_used_and_not_replaced(void**)
{
    test::World world;
    world.provider_has();
    const std::string binding = flow::new_binding();
    const auto sent = begin(world, some_request(binding));
    assert_false(sent.new_binding.has_value());
    const auto opened = flow::open_transaction(world.keyring, test::parameter_of(sent.url, "state"),
                                               std::vector{binding});
    assert_true(opened && opened->secrets);
}

void a_malformed_binding_cookie_is_replaced(void**)
{
    test::World world;
    world.provider_has();
    const auto sent = begin(world, some_request("junk"));
    assert_true(sent.new_binding && flow::is_binding(*sent.new_binding));
}

void a_second_try_is_marked_in_the_state(void**)
{
    test::World world;
    world.provider_has();
    BeginRequest request = some_request();
    request.second_try = true;
    const auto sent = begin(world, request);
    const auto opened =
        flow::open_transaction(world.keyring, test::parameter_of(sent.url, "state"), {});
    assert_true(opened->transaction.second_try);
}

void there_is_no_challenge_without_pkce(void**)
{
    test::World world;
    world.client.pkce = oidc::Pkce::off;
    world.provider_has();
    const auto sent = begin(world, some_request());
    test::assert_text(test::parameter_of(sent.url, "code_challenge"), "");
}

void arguments_of_the_location_are_sent(void**)
{
    test::World world;
    world.provider_has();
    BeginRequest request = some_request();
    request.arguments.add("ui_locales", "de");
    test::assert_text(test::parameter_of(begin(world, request).url, "ui_locales"), "de");
}

void a_provider_without_documents_is_the_error_it_gives(void**)
{
    test::World world;
    world.provider_replies = {
        {nullptr, base::Error{base::Fault::provider_timeout, "no answer in time"}}};
    const auto act = [&] { begin(world, some_request()); };
    assert_true(test::fault_of(act) == base::Fault::provider_timeout);
}

// Pushed authorization requests (RFC 9126)

const std::string par_member =
    R"(,"pushed_authorization_request_endpoint":")" + std::string{test::issuer} + "/par\"";

test::World pushing_world(const base::HttpResponse& answer)
{
    test::World world;
    world.client.par = oidc::Par::on;
    world.provider_has(par_member);
    world.answers["/par"] = answer;
    return world;
}

void a_pushed_request_leaves_only_a_reference_in_the_url(void**)
{
    auto world = pushing_world(
        test::json_answer(R"({"request_uri":"urn:example:bwc4JK","expires_in":60})", 201));
    const auto sent = begin(world, some_request());
    test::assert_text(sent.url, std::string{test::issuer} +
                                    "/authorize?client_id=shop&request_uri=urn%3Aexample%3Abwc4JK");
    assert_int_equal(world.calls("/par"), 1);
    const auto pushed = base::Parameters::parse(world.requests.at(0).body);
    const auto opened = flow::open_transaction(world.keyring, pushed.get("state").value(),
                                               std::vector{sent.new_binding.value()});
    assert_true(opened && opened->secrets);
    test::assert_text(pushed.get("nonce").value(), opened->secrets->nonce);
}

void nothing_is_pushed_before_the_caller_agrees(void**)
{
    auto world = pushing_world(test::json_answer("{}", 201));
    BeginRequest request = some_request();
    request.before_push = [] { throw base::Error{base::Fault::too_many, "not now"}; };
    assert_true(test::fault_of([&] { begin(world, request); }) == base::Fault::too_many);
    assert_true(world.requests.empty());
}

void a_request_that_is_not_pushed_asks_nobody(void**)
{
    test::World world;
    world.provider_has();
    BeginRequest request = some_request();
    request.before_push = [] { throw base::Error{base::Fault::too_many, "not now"}; };
    begin(world, request);
    assert_true(world.requests.empty());
}

void a_push_that_fails_is_the_error_it_gives(void**)
{
    auto world = pushing_world(test::timeout_answer());
    assert_true(test::fault_of([&] { begin(world, some_request()); }) ==
                base::Fault::provider_timeout);
    assert_int_equal(world.calls("/par"), 1);
}

void it_may_be_destroyed_at_every_step(void**)
{
    for (std::size_t steps = 0; steps < 4; steps++) {
        auto world = pushing_world(test::json_answer(R"({"request_uri":"urn:x"})", 201));
        Begin answered{world.client, world.keyring, some_request(), test::now};
        world.run(answered, steps);
        Begin waiting{world.client, world.keyring, some_request(), test::now};
        world.run(waiting, steps);
        waiting.next();
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(sends_the_browser_to_the_authorization_endpoint),
        cmocka_unit_test(the_state_opens_with_the_new_binding_cookie),
        cmocka_unit_test(neither_binding_nor_verifier_is_in_the_url),
        cmocka_unit_test(a_valid_binding_cookie_is_used_and_not_replaced),
        cmocka_unit_test(a_malformed_binding_cookie_is_replaced),
        cmocka_unit_test(a_second_try_is_marked_in_the_state),
        cmocka_unit_test(there_is_no_challenge_without_pkce),
        cmocka_unit_test(arguments_of_the_location_are_sent),
        cmocka_unit_test(a_provider_without_documents_is_the_error_it_gives),
        cmocka_unit_test(a_pushed_request_leaves_only_a_reference_in_the_url),
        cmocka_unit_test(nothing_is_pushed_before_the_caller_agrees),
        cmocka_unit_test(a_request_that_is_not_pushed_asks_nobody),
        cmocka_unit_test(a_push_that_fails_is_the_error_it_gives),
        cmocka_unit_test(it_may_be_destroyed_at_every_step),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
