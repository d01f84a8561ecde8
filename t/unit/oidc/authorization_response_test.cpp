#include "oidc/authorization.hpp"

#include "base/url.hpp"
#include "oidc/example.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using base::Fault;
using test::assert_text;
using test::contains;
using test::example_client;
using test::example_metadata;

namespace {

void assert_refused(std::string_view query, const std::string& reason)
{
    const auto act = [&] { parse_authorization_response(query); };
    assert_true(test::fault_of(act) == Fault::client);
    const auto message = test::message_of(act);
    if (!contains(message, reason)) {
        assert_text(message, reason);
    }
    assert_false(contains(message, "evil"));
}

void takes_a_code_only_by_the_way_that_was_asked_for(void**)
{
    auto client = example_client();
    const auto code = parse_authorization_response("state=s&code=evil");
    const auto error = parse_authorization_response("state=s&error=access_denied");
    for (const auto mode : {ResponseMode::query, ResponseMode::form_post}) {
        client.response_mode = mode;
        for (const auto arrived_by : {ResponseMode::query, ResponseMode::form_post}) {
            check_response_mode(error, client, arrived_by);
            const auto act = [&] { check_response_mode(code, client, arrived_by); };
            const auto wrong = arrived_by == ResponseMode::query ? Fault::provider : Fault::client;
            const auto expected = mode == arrived_by ? std::nullopt : std::optional{wrong};
            assert_true(test::fault_of(act) == expected);
        }
    }
}

void reads_a_code(void**)
{
    const auto response = parse_authorization_response(
        "state=a%2Bb&code=x%20y&iss=https%3A%2F%2Fidp.example&session_state=1&foo=");
    assert_text(response.state, "a+b");
    assert_text(response.code.value_or(""), "x y");
    assert_text(response.iss.value_or(""), "https://idp.example");
    assert_false(response.error.has_value());
}

void reads_an_error(void**)
{
    const auto response = parse_authorization_response(
        "error=access_denied&error_description=evil&error_uri=evil&state=s");
    assert_text(response.error.value_or(""), "access_denied");
    assert_false(response.code.has_value());
}

void calls_an_error_unknown_that_is_no_error_code(void**)
{
    for (const char* error :
         {"evil%0d%0aline", "evil%20words", "evil%22", "%3Cevil%3E", "%C3%A9"}) {
        const auto response = parse_authorization_response(std::string{"state=s&error="} + error);
        assert_text(response.error.value_or(""), "unknown");
    }
    const auto longest = std::string(64, 'a');
    assert_text(parse_authorization_response("state=s&error=" + longest).error.value_or(""),
                longest);
    assert_text(parse_authorization_response("state=s&error=a" + longest).error.value_or(""),
                "unknown");
}

void rejects_a_response_without_state(void**)
{
    for (const char* query : {"", "code=evil", "code=evil&state=", "error=evil", "state"}) {
        assert_refused(query, "no state");
    }
}

void rejects_a_response_with_neither_code_nor_error(void**)
{
    for (const char* query : {"state=evil", "state=evil&code=", "state=evil&code=&error=",
                              "state=evil&id_token=evil"}) {
        assert_refused(query, "neither");
    }
}

void rejects_a_response_with_both_code_and_error(void**)
{
    assert_refused("state=evil&code=evil&error=evil", "both");
}

void rejects_a_parameter_that_comes_twice(void**)
{
    for (const char* query :
         {"state=s&state=s&code=c", "state=s&code=c&code=evil", "state=s&code=c&iss=a&iss=b",
          "state=s&error=a&error=b", "state=s&code=c&evil=1&evil=1", "state=s&code=c&%73tate=t",
          "state=s&code=c&code="}) {
        assert_refused(query, "twice");
    }
}

void rejects_a_parameter_over_8_kb(void**)
{
    const std::string longest(8192, 'a');
    assert_text(parse_authorization_response("state=s&code=" + longest).code.value_or(""), longest);
    assert_refused("state=s&code=a" + longest, "longer");
    assert_refused("code=c&state=a" + longest, "longer");
    assert_refused("state=s&code=c&x=a" + longest, "longer");
}

void rejects_broken_encodings_and_too_many_parameters(void**)
{
    assert_refused("state=s&code=%", "");
    assert_refused("state=s&code=%zz", "");
    assert_refused("state=s&code=a%00b", "");
    std::string query = "state=s&code=c";
    for (int i = 0; i < 100; i++) {
        query += "&p" + std::to_string(i) + "=1";
    }
    assert_refused(query, "parameters");
}

// RFC 9207

AuthorizationResponse response_from(std::optional<std::string> iss)
{
    AuthorizationResponse response;
    response.state = "s";
    response.code = "c";
    response.iss = std::move(iss);
    return response;
}

void assert_issuer_refused(const std::optional<std::string>& iss, const Client& client,
                           const Metadata& metadata)
{
    const auto act = [&] { check_response_issuer(response_from(iss), client, metadata); };
    assert_true(test::fault_of(act) == Fault::provider);
    assert_true(contains(test::message_of(act), "iss"));
    assert_false(contains(test::message_of(act), "evil"));
}

void accepts_our_issuer_and_none_where_none_is_announced(void**)
{
    auto metadata = example_metadata();
    auto client = example_client();
    check_response_issuer(response_from(std::nullopt), client, metadata);
    check_response_issuer(response_from("https://idp.example"), client, metadata);
    metadata.announces_response_iss = true;
    client.response_iss_required = true;
    check_response_issuer(response_from("https://idp.example"), client, metadata);
}

void rejects_another_issuer_in_the_response_announced_or_not(void**)
{
    for (const bool announced : {false, true}) {
        auto metadata = example_metadata();
        metadata.announces_response_iss = announced;
        for (const char* iss : {"https://evil.example", "https://idp.example/", ""}) {
            assert_issuer_refused(iss, example_client(), metadata);
        }
    }
}

void rejects_a_missing_issuer_where_it_is_announced_or_needed(void**)
{
    auto metadata = example_metadata();
    auto client = example_client();
    client.response_iss_required = true;
    assert_issuer_refused(std::nullopt, client, metadata);
    client.response_iss_required = false;
    metadata.announces_response_iss = true;
    assert_issuer_refused(std::nullopt, client, metadata);
}

void what_is_asked_of_the_login_is_what_is_sent(void**)
{
    auto client = example_client();
    client.extra_auth_args = base::Parameters::parse("max_age=300&acr_values=gold%20silver");
    const auto asked = asked_authentication(client, nullptr);
    assert_int_equal(asked.max_age.value(), 300);
    test::assert_text(asked.acr_values, "gold silver");
    const auto overriding = base::Parameters::parse("max_age=0&acr_values=");
    const auto of_location = asked_authentication(client, &overriding);
    assert_int_equal(of_location.max_age.value(), 0);
    test::assert_text(of_location.acr_values, "");
    const auto nothing = asked_authentication(example_client(), &overriding);
    assert_true(nothing.acr_values.empty());
    assert_false(asked_authentication(example_client(), nullptr).max_age.has_value());
}

/// What could not be checked afterwards is not asked.
void what_cannot_be_checked_later_is_not_asked(void**)
{
    for (const std::string& query :
         {std::string{"max_age=soon"}, std::string{"max_age=-1"}, std::string{"max_age=1.5"},
          std::string{"max_age=99999999999999999999"}, std::string{"max_age=%201"},
          "acr_values=" + std::string(257, 'a')}) {
        const auto arguments = base::Parameters::parse(query);
        assert_true(test::fault_of([&] { asked_authentication(example_client(), &arguments); }) ==
                    base::Fault::configuration);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_code_only_by_the_way_that_was_asked_for),
        cmocka_unit_test(reads_a_code),
        cmocka_unit_test(reads_an_error),
        cmocka_unit_test(calls_an_error_unknown_that_is_no_error_code),
        cmocka_unit_test(rejects_a_response_without_state),
        cmocka_unit_test(rejects_a_response_with_neither_code_nor_error),
        cmocka_unit_test(rejects_a_response_with_both_code_and_error),
        cmocka_unit_test(rejects_a_parameter_that_comes_twice),
        cmocka_unit_test(rejects_a_parameter_over_8_kb),
        cmocka_unit_test(rejects_broken_encodings_and_too_many_parameters),
        cmocka_unit_test(accepts_our_issuer_and_none_where_none_is_announced),
        cmocka_unit_test(rejects_another_issuer_in_the_response_announced_or_not),
        cmocka_unit_test(rejects_a_missing_issuer_where_it_is_announced_or_needed),
        cmocka_unit_test(what_is_asked_of_the_login_is_what_is_sent),
        cmocka_unit_test(what_cannot_be_checked_later_is_not_asked),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
