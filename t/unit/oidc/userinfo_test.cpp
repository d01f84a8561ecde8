#include "oidc/userinfo.hpp"

#include "oidc/example.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using base::Fault;
using test::assert_text;
using test::contains;
using test::example_client;
using test::example_metadata;
using test::json_answer;

namespace {

base::Json read(const base::HttpResponse& answer, std::string_view subject)
{
    const auto client = example_client();
    return verify_userinfo(read_userinfo(answer, client), {}, client, subject);
}

void assert_refused(const base::HttpResponse& answer, const std::string& reason,
                    Fault fault = Fault::provider)
{
    const auto act = [&] { read(answer, "customer-1"); };
    assert_true(test::fault_of(act) == fault);
    const auto message = test::message_of(act);
    if (!contains(message, reason)) {
        assert_text(message, reason);
    }
    assert_false(contains(message, "customer-1"));
    assert_false(contains(message, "evil"));
}

void asks_with_the_access_token_in_the_header(void**)
{
    const auto request = userinfo_request(example_client(), example_metadata(), "at.1");
    assert_text(request.url, "https://idp.example/userinfo");
    assert_text(request.body, "");
    assert_text(test::header_of(request, "Authorization"), "Bearer at.1");
    assert_text(test::header_of(request, "Accept"), "application/json, application/jwt");
    assert_false(contains(request.url, "at.1"));
}

void says_what_to_write_when_there_is_no_endpoint(void**)
{
    auto metadata = example_metadata();
    metadata.userinfo_endpoint.reset();
    const auto act = [&] { userinfo_request(example_client(), metadata, "at.1"); };
    assert_true(test::fault_of(act) == Fault::configuration);
    assert_true(contains(test::message_of(act), "userinfo off;"));
}

void reads_the_claims_of_the_same_subject(void**)
{
    const auto json =
        read(json_answer(R"({"sub":"customer-1","email":"a@example"})"), "customer-1");
    assert_text(json.string("email").value_or(""), "a@example");
}

void rejects_the_claims_of_another_subject(void**)
{
    for (const char* sub : {"evil", "customer-2", "Customer-1", "customer-1 ", "customer-"}) {
        assert_refused(json_answer(R"({"sub":")" + std::string{sub} + "\"}"), "another sub");
    }
}

void rejects_claims_without_a_subject(void**)
{
    for (const char* body : {"{}", R"({"sub":null})", R"({"sub":""})", R"({"email":"evil"})"}) {
        assert_refused(json_answer(body), "no sub");
        assert_true(test::fault_of([&] { read(json_answer(body), ""); }) == Fault::provider);
    }
    assert_refused(json_answer(R"({"sub":1})"), "sub");
    assert_refused(json_answer(R"({"sub":["customer-1"]})"), "sub");
}

void rejects_what_is_no_json_object(void**)
{
    for (const char* body : {"", "evil", "[]", R"({"sub":"customer-1","sub":"evil"})"}) {
        assert_refused(json_answer(body), "userinfo response");
    }
    auto page = json_answer("evil");
    page.content_type = "text/html";
    assert_refused(page, "HTML page");
}

void rejects_an_answer_that_is_no_success(void**)
{
    const char* body = R"({"sub":"customer-1"})";
    assert_refused(json_answer(body, 401), "HTTP status 401");
    assert_refused(json_answer(body, 429), "busy", Fault::provider_busy);
    auto answer = json_answer(body);
    answer.fault = Fault::provider_away;
    answer.reason = "connection refused";
    assert_refused(answer, "connection refused", Fault::provider_away);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(asks_with_the_access_token_in_the_header),
        cmocka_unit_test(says_what_to_write_when_there_is_no_endpoint),
        cmocka_unit_test(reads_the_claims_of_the_same_subject),
        cmocka_unit_test(rejects_the_claims_of_another_subject),
        cmocka_unit_test(rejects_claims_without_a_subject),
        cmocka_unit_test(rejects_what_is_no_json_object),
        cmocka_unit_test(rejects_an_answer_that_is_no_success),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
