#include "oidc/revocation.hpp"

#include "oidc/client_authentication.hpp"

#include "oidc/example.hpp"

#include "support/check.hpp"

using namespace ciam;
using base::Fault;
using test::assert_text;
using test::example_client;

namespace {

constexpr base::Seconds now = 1'700'000'000;
constexpr oidc::TokenToRevoke refresh{"the-token", "refresh_token"};

oidc::Metadata metadata()
{
    auto metadata = test::example_metadata();
    metadata.revocation_endpoint = "https://idp.example/revoke";
    metadata.mtls_revocation_endpoint = "https://mtls.idp.example/revoke";
    return metadata;
}

base::HttpResponse answer(int status)
{
    base::HttpResponse response;
    response.status = status;
    return response;
}

void sends_the_token_with_its_kind_and_the_clients_proof(void**)
{
    const auto request = oidc::revocation_request(example_client(), metadata(), refresh, now);
    assert_text(request->url, "https://idp.example/revoke");
    const auto form = base::Parameters::parse(request->body);
    assert_text(form.get("token").value_or(""), "the-token");
    assert_text(form.get("token_type_hint").value_or(""), "refresh_token");
    const auto proof = oidc::prove_client(example_client(), metadata(), "", now);
    assert_true(proof.authorization.has_value());
    const std::pair<std::string, std::string> header{"Authorization", *proof.authorization};
    assert_true(request->headers.back() == header);
}

void sends_the_proof_in_the_form_where_the_client_has_it_there(void**)
{
    auto client = example_client();
    client.authentication = oidc::Authentication::client_secret_post;
    const auto request = oidc::revocation_request(client, metadata(), refresh, now);
    const auto form = base::Parameters::parse(request->body);
    assert_text(form.get("client_id").value_or(""), "shop");
    assert_true(form.has("client_secret"));
}

void a_client_with_a_certificate_goes_to_its_own_endpoint(void**)
{
    auto client = example_client();
    client.has_certificate = true;
    assert_text(oidc::revocation_request(client, metadata(), refresh, now)->url,
                "https://mtls.idp.example/revoke");
    auto without_alias = metadata();
    without_alias.mtls_revocation_endpoint.reset();
    assert_text(oidc::revocation_request(client, without_alias, refresh, now)->url,
                "https://idp.example/revoke");
}

void there_is_no_request_without_an_endpoint(void**)
{
    const auto without = test::example_metadata();
    assert_false(oidc::revocation_request(example_client(), without, refresh, now).has_value());
}

void takes_200_whatever_is_in_it(void**)
{
    auto page = answer(200);
    page.content_type = "text/html";
    oidc::check_revocation_answer(page);
}

void says_why_a_token_may_still_be_good(void**)
{
    const auto fault = [](const base::HttpResponse& response) {
        return test::fault_of([&] { oidc::check_revocation_answer(response); });
    };
    assert_true(fault(answer(400)) == Fault::provider);
    assert_true(fault(answer(401)) == Fault::provider);
    assert_true(fault(answer(503)) == Fault::provider_busy);
    base::HttpResponse none;
    none.fault = Fault::provider_timeout;
    assert_true(fault(none) == Fault::provider_timeout);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(sends_the_token_with_its_kind_and_the_clients_proof),
        cmocka_unit_test(sends_the_proof_in_the_form_where_the_client_has_it_there),
        cmocka_unit_test(a_client_with_a_certificate_goes_to_its_own_endpoint),
        cmocka_unit_test(there_is_no_request_without_an_endpoint),
        cmocka_unit_test(takes_200_whatever_is_in_it),
        cmocka_unit_test(says_why_a_token_may_still_be_good),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
