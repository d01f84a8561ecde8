#include "oidc/logout.hpp"

#include "oidc/example.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using test::assert_text;
using test::example_client;
using test::example_metadata;

namespace {

void there_is_no_url_without_an_endpoint(void**)
{
    auto metadata = example_metadata();
    metadata.end_session_endpoint.reset();
    assert_false(logout_url(example_client(), metadata, {}).has_value());
}

void always_sends_the_client_id(void**)
{
    assert_text(logout_url(example_client(), example_metadata(), {}).value_or(""),
                "https://idp.example/logout?client_id=shop");
}

void sends_where_to_return_to_and_the_hint(void**)
{
    assert_text(logout_url(example_client(), example_metadata(),
                           {.post_logout_redirect_uri = "https://shop.example/bye?a=1&b",
                            .id_token_hint = "a.b-_.c"})
                    .value_or(""),
                "https://idp.example/logout?client_id=shop"
                "&post_logout_redirect_uri=https%3A%2F%2Fshop.example%2Fbye%3Fa%3D1%26b"
                "&id_token_hint=a.b-_.c");
}

void keeps_a_query_that_the_endpoint_has_already(void**)
{
    auto metadata = example_metadata();
    metadata.end_session_endpoint = "https://idp.example/logout?p=signin";
    assert_text(logout_url(example_client(), metadata, {}).value_or(""),
                "https://idp.example/logout?p=signin&client_id=shop");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(there_is_no_url_without_an_endpoint),
        cmocka_unit_test(always_sends_the_client_id),
        cmocka_unit_test(sends_where_to_return_to_and_the_hint),
        cmocka_unit_test(keeps_a_query_that_the_endpoint_has_already),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
