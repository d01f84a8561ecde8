#include "oidc/metadata.hpp"

#include "oidc/example.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using base::Fault;
using test::assert_text;
using test::contains;
using test::json_answer;

namespace {

void gives_the_body_of_a_complete_answer(void**)
{
    auto answer = json_answer("{}");
    for (const char* type : {"application/json", "application/jwk-set+json", "text/json",
                             "text/plain", "application/octet-stream", ""}) {
        answer.content_type = type;
        assert_text(require_ok(answer, "keys"), "{}");
    }
}

void passes_on_why_there_was_no_answer(void**)
{
    for (const auto fault : {Fault::provider_away, Fault::provider_timeout, Fault::provider}) {
        auto answer = json_answer("");
        answer.fault = fault;
        answer.reason = "connection refused";
        const auto act = [&] { require_ok(answer, "keys"); };
        assert_true(test::fault_of(act) == fault);
        assert_true(test::message_of(act).rfind("keys: connection refused", 0) == 0);
    }
}

void takes_429_and_503_for_a_provider_that_asks_to_wait(void**)
{
    for (const int status : {429, 503}) {
        auto answer = json_answer("{}", status);
        const auto act = [&] { require_ok(answer, "keys"); };
        assert_true(test::fault_of(act) == Fault::provider_busy);
        assert_true(contains(test::message_of(act), "later"));
        answer.retry_after = 30;
        assert_true(contains(test::message_of(act), "in 30 seconds"));
    }
}

void rejects_every_other_status(void**)
{
    for (const int status : {0, 204, 206, 301, 302, 400, 401, 403, 404, 500, 502, 504}) {
        const auto act = [&] { require_ok(json_answer("{}", status), "keys"); };
        assert_true(test::fault_of(act) == Fault::provider);
        const auto message = test::message_of(act);
        assert_true(message.rfind("keys: HTTP status " + std::to_string(status), 0) == 0);
        assert_true(contains(message, "; check"));
    }
}

void says_so_when_a_web_page_came_instead_of_json(void**)
{
    auto answer = json_answer("<p>evil</p>");
    for (const char* type : {"text/html", "application/xhtml+xml"}) {
        answer.content_type = type;
        const auto act = [&] { require_ok(answer, "keys"); };
        assert_true(test::fault_of(act) == Fault::provider);
        assert_true(contains(test::message_of(act), "HTML page"));
        assert_false(contains(test::message_of(act), "evil"));
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_body_of_a_complete_answer),
        cmocka_unit_test(passes_on_why_there_was_no_answer),
        cmocka_unit_test(takes_429_and_503_for_a_provider_that_asks_to_wait),
        cmocka_unit_test(rejects_every_other_status),
        cmocka_unit_test(says_so_when_a_web_page_came_instead_of_json),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
