#include "oidc/pushed_authorization.hpp"

#include "oidc/example.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using base::Fault;
using test::assert_text;
using test::contains;
using test::example_client;
using test::json_answer;

namespace {

Metadata metadata_with_endpoint()
{
    auto metadata = test::example_metadata();
    metadata.pushed_authorization_request_endpoint = "https://idp.example/par";
    return metadata;
}

base::Parameters parameters()
{
    base::Parameters some;
    some.add("response_type", "code");
    some.add("client_id", "shop");
    some.add("resource", "https://a.example");
    some.add("resource", "https://b.example");
    return some;
}

base::HttpRequest pushed(const Client& client, const Metadata& metadata = metadata_with_endpoint())
{
    return push_request(client, metadata, parameters(), 1'700'000'000);
}

void automatic_pushes_only_what_the_provider_requires(void**)
{
    auto metadata = metadata_with_endpoint();
    assert_false(is_pushed(example_client(), metadata));
    metadata.requires_pushed_authorization_requests = true;
    assert_true(is_pushed(example_client(), metadata));
}

void on_and_off_do_not_ask_what_the_provider_requires(void**)
{
    auto client = example_client();
    auto metadata = metadata_with_endpoint();
    for (const bool required : {false, true}) {
        metadata.requires_pushed_authorization_requests = required;
        client.par = Par::on;
        assert_true(is_pushed(client, metadata));
        client.par = Par::off;
        assert_false(is_pushed(client, metadata));
    }
}

void pushing_needs_an_endpoint(void**)
{
    auto client = example_client();
    auto metadata = test::example_metadata();
    assert_false(is_pushed(client, metadata));
    metadata.requires_pushed_authorization_requests = true;
    assert_true(test::fault_of([&] { is_pushed(client, metadata); }) == Fault::configuration);
    client.par = Par::on;
    metadata.requires_pushed_authorization_requests = false;
    const auto act = [&] { is_pushed(client, metadata); };
    assert_true(test::fault_of(act) == Fault::configuration);
    assert_true(contains(test::message_of(act), "pushed_authorization_request_endpoint"));
}

void posts_the_request_with_the_clients_proof(void**)
{
    const auto request = pushed(example_client());
    assert_text(request.url, "https://idp.example/par");
    assert_text(request.body, "response_type=code&client_id=shop"
                              "&resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example");
    assert_text(test::header_of(request, "Authorization"), "Basic c2hvcDpodW50ZXIy");
}

/// RFC 9126 section 2.1: client_id is a parameter of the request and of the proof.
void sends_the_client_id_once(void**)
{
    auto client = example_client();
    client.authentication = Authentication::client_secret_post;
    const auto form = base::Parameters::parse(pushed(client).body);
    assert_text(form.get("client_id").value_or(""), "shop");
    assert_text(form.get("client_secret").value_or(""), "hunter2");
}

void goes_to_the_endpoint_for_certificates_with_one(void**)
{
    auto client = example_client();
    auto metadata = metadata_with_endpoint();
    client.has_certificate = true;
    assert_text(pushed(client, metadata).url, "https://idp.example/par");
    metadata.mtls_pushed_authorization_request_endpoint = "https://m.idp.example/par";
    assert_text(pushed(client, metadata).url, "https://m.idp.example/par");
    client.has_certificate = false;
    assert_text(pushed(client, metadata).url, "https://idp.example/par");
}

void sends_the_browser_with_the_reference_alone(void**)
{
    auto metadata = metadata_with_endpoint();
    metadata.authorization_endpoint = "https://idp.example/authorize?p=1";
    const auto uri =
        parse_pushed(json_answer(R"({"request_uri":"urn:x&y=z","expires_in":60})", 201));
    assert_text(pushed_authorization_url(example_client(), metadata, uri),
                "https://idp.example/authorize?p=1&client_id=shop&request_uri=urn%3Ax%26y%3Dz");
}

void assert_refused(const base::HttpResponse& answer, Fault fault, const std::string& reason)
{
    const auto act = [&] { parse_pushed(answer); };
    assert_true(test::fault_of(act) == fault);
    assert_true(contains(test::message_of(act), reason));
    assert_false(contains(test::message_of(act), "evil"));
}

void tells_by_the_error_code_who_can_mend_it(void**)
{
    const std::string more = R"(,"error_description":"evil"})";
    for (const int status : {400, 401, 500}) {
        assert_refused(json_answer(R"({"error":"invalid_client")" + more, status),
                       Fault::configuration, "invalid_client");
        assert_refused(json_answer(R"({"error":"invalid_scope")" + more, status), Fault::provider,
                       "invalid_scope");
    }
    assert_refused(json_answer(R"({"error":"evil words"})", 400), Fault::provider, "unknown");
}

void rejects_every_other_answer(void**)
{
    const std::string good = R"({"request_uri":"urn:evil","expires_in":60})";
    for (const int status : {200, 204, 302, 404, 500}) {
        assert_refused(json_answer(good, status), Fault::provider, std::to_string(status));
    }
    for (const int status : {429, 503}) {
        assert_refused(json_answer(good, status), Fault::provider_busy, "busy");
    }
    for (const std::string text :
         {"{}", R"({"request_uri":""})", R"({"request_uri":1})", "evil", R"(["evil"])", ""}) {
        assert_refused(json_answer(text, 201), Fault::provider, "pushed authorization request");
    }
    const auto longest = R"({"request_uri":")" + std::string(2049, 'x') + "\"}";
    assert_refused(json_answer(longest, 201), Fault::provider, "request_uri");
}

void passes_on_why_there_was_no_answer(void**)
{
    base::HttpResponse answer;
    answer.fault = Fault::provider_timeout;
    answer.reason = "no answer in time";
    assert_refused(answer, Fault::provider_timeout, "no answer in time");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(automatic_pushes_only_what_the_provider_requires),
        cmocka_unit_test(on_and_off_do_not_ask_what_the_provider_requires),
        cmocka_unit_test(pushing_needs_an_endpoint),
        cmocka_unit_test(posts_the_request_with_the_clients_proof),
        cmocka_unit_test(sends_the_client_id_once),
        cmocka_unit_test(goes_to_the_endpoint_for_certificates_with_one),
        cmocka_unit_test(sends_the_browser_with_the_reference_alone),
        cmocka_unit_test(tells_by_the_error_code_who_can_mend_it),
        cmocka_unit_test(rejects_every_other_answer),
        cmocka_unit_test(passes_on_why_there_was_no_answer),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
