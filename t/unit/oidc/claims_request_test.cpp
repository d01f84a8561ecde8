#include "oidc/claims_request.hpp"

#include <algorithm>

#include "support/check.hpp"

using namespace ciam;
using oidc::parse_claims_request;

namespace {

void names_the_claims_of_both_places(void**)
{
    const auto request = parse_claims_request(
        R"({"userinfo":{"given_name":{"essential":true},"email":null},
            "id_token":{"auth_time":{"essential":true},"sub":{"value":"248289761001"}},
            "more":1})");
    const std::vector<std::string> expected{"auth_time", "sub", "given_name", "email"};
    assert_true(std::is_permutation(request.names.begin(), request.names.end(), expected.begin(),
                                    expected.end()));
    assert_false(request.acr_is_essential);
}

// OIDC Core 5.5.1.1
void an_essential_acr_has_the_values_that_are_asked(void**)
{
    const std::pair<const char*, const char*> cases[] = {
        {R"({"essential":true,"values":["gold","urn:silver"]})", "gold urn:silver"},
        {R"({"essential":true,"value":"gold"})", "gold"},
        {R"({"essential":true})", ""},
    };
    for (const auto& [acr, values] : cases) {
        const auto request =
            parse_claims_request(R"({"id_token":{"acr":)" + std::string{acr} + "}}");
        assert_true(request.acr_is_essential);
        test::assert_text(request.acr_values, values);
    }
}

void an_acr_that_is_voluntary_or_of_userinfo_is_a_wish(void**)
{
    for (const char* text : {R"({"id_token":{"acr":null}})", R"({"id_token":{"acr":{}}})",
                             R"({"id_token":{"acr":{"values":["gold"]}}})",
                             R"({"id_token":{"acr":{"essential":false,"values":["gold"]}}})",
                             R"({"id_token":{"acr":{"essential":"true"}}})",
                             R"({"userinfo":{"acr":{"essential":true}}})"}) {
        const auto request = parse_claims_request(text);
        assert_false(request.acr_is_essential);
        test::assert_text(request.acr_values, "");
    }
}

void refuses_what_is_no_claims_request(void**)
{
    for (const char* text :
         {"", "evil", "[]", "null", "{}", R"({"id_token":{}})", R"({"evil":{"a":null}})",
          R"({"id_token":["evil"]})", R"({"id_token":null,"userinfo":{}})",
          R"({"userinfo":{"evil":true}})", R"({"userinfo":{"evil":"x"}})",
          R"({"id_token":{"a":null},"id_token":{"evil":null}})",
          R"({"id_token":{"acr":{"essential":true,"values":["evil words"]}}})",
          R"({"id_token":{"acr":{"essential":true,"values":["evil\twords"]}}})",
          R"({"id_token":{"acr":{"essential":true,"values":[1]}}})",
          R"({"id_token":{"acr":{"essential":true,"value":""}}})"}) {
        const auto act = [&] { parse_claims_request(text); };
        assert_true(test::fault_of(act) == base::Fault::configuration);
        assert_false(test::contains(test::message_of(act), "evil"));
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(names_the_claims_of_both_places),
        cmocka_unit_test(an_essential_acr_has_the_values_that_are_asked),
        cmocka_unit_test(an_acr_that_is_voluntary_or_of_userinfo_is_a_wish),
        cmocka_unit_test(refuses_what_is_no_claims_request),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
