#include "oidc/profile.hpp"

#include <sstream>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using test::assert_text;

namespace {

constexpr const char* names = "asgardeo, wso2is, keycloak, auth0, okta, entra, cognito, google, "
                              "apple, zitadel, fusionauth";

void finds_each_profile_by_its_name(void**)
{
    std::istringstream all{profile_names()};
    std::size_t count = 0;
    for (std::string name; std::getline(all >> std::ws, name, ','); count++) {
        const auto* profile = find_profile(name);
        assert_non_null(profile);
        assert_text(std::string{profile->name}, name);
    }
    assert_int_equal(count, 11);
}

void lists_the_names_for_a_sentence(void**)
{
    assert_text(profile_names(), names);
}

void finds_no_profile_by_another_name(void**)
{
    for (const char* name : {"", "Keycloak", "keycloa", "keycloak2", "generic", names}) {
        assert_null(find_profile(name));
    }
}

std::string scope_of(const char* profile, std::string_view claim)
{
    return std::string{scope_of_claim(find_profile(profile), claim)};
}

void knows_the_scope_of_a_claim_of_the_provider(void**)
{
    const std::string roles = "urn:zitadel:iam:org:project:roles";
    assert_text(scope_of("asgardeo", "groups"), "groups");
    assert_text(scope_of("wso2is", "roles"), "roles");
    assert_text(scope_of("zitadel", roles), roles);
    assert_text(scope_of("apple", "name"), "name");
}

void knows_the_scope_of_a_standard_claim_with_and_without_a_profile(void**)
{
    for (const char* profile : {"asgardeo", "okta", "no such profile"}) {
        assert_text(scope_of(profile, "email_verified"), "email");
        assert_text(scope_of(profile, "name"), "profile");
    }
}

void knows_no_scope_of_another_claim(void**)
{
    for (const char* profile : {"okta", "no such profile"}) {
        assert_text(scope_of(profile, "groups"), "");
    }
    assert_text(scope_of("asgardeo", ""), "");
    assert_text(scope_of("asgardeo", "Groups"), "");
}

void tells_the_endpoints_of_all_tenants_from_those_of_one(void**)
{
    for (const char* tenants : {"common", "organizations", "consumers"}) {
        const std::string base = std::string{"https://login.microsoftonline.com/"} + tenants;
        assert_true(is_common_endpoint(base + "/v2.0"));
        assert_true(is_common_endpoint(base + "/"));
    }
    for (const char* url :
         {"https://login.microsoftonline.com/5f3b2c1e/v2.0", "https://common.example/x/",
          "https://x.example/uncommon/v2.0", "https://x.example/commons/v2.0", ""}) {
        assert_false(is_common_endpoint(url));
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_profile_by_its_name),
        cmocka_unit_test(lists_the_names_for_a_sentence),
        cmocka_unit_test(finds_no_profile_by_another_name),
        cmocka_unit_test(knows_the_scope_of_a_claim_of_the_provider),
        cmocka_unit_test(knows_the_scope_of_a_standard_claim_with_and_without_a_profile),
        cmocka_unit_test(knows_no_scope_of_another_claim),
        cmocka_unit_test(tells_the_endpoints_of_all_tenants_from_those_of_one),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
