#include "oidc/claims.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using test::assert_text;

namespace {

base::Json json(const std::string& text)
{
    return base::Json::parse_object(text, "claims");
}

CollectedClaims collect(std::vector<std::string> path, const std::string& id_token,
                        const std::string& userinfo = "")
{
    const std::vector<WantedClaim> wanted = {{"key", std::move(path)}};
    if (userinfo.empty()) {
        return collect_claims(wanted, json(id_token), nullptr);
    }
    const auto more = json(userinfo);
    return collect_claims(wanted, json(id_token), &more);
}

void assert_found(const CollectedClaims& claims, const std::string& text)
{
    assert_int_equal(claims.found.size(), 1);
    assert_true(claims.missing.empty());
    assert_true(claims.refused.empty());
    assert_text(claims.found[0].key, "key");
    assert_text(claims.found[0].text, text);
}

void assert_missing(const CollectedClaims& claims)
{
    assert_true(claims.found.empty());
    assert_true(claims.refused.empty());
    assert_int_equal(claims.missing.size(), 1);
    assert_text(claims.missing[0], "key");
}

void assert_refused(const CollectedClaims& claims)
{
    assert_true(claims.found.empty());
    assert_true(claims.missing.empty());
    assert_int_equal(claims.refused.size(), 1);
    assert_text(claims.refused[0], "key");
}

/// How a claim of this JSON value is passed on.
CollectedClaims rendered(const std::string& value)
{
    return collect({"c"}, "{\"c\":" + value + "}");
}

// Rendering

void a_string_is_passed_on_as_it_is(void**)
{
    assert_found(rendered(R"("Zoë, \"x\" <b> \\ 100%")"), "Zoë, \"x\" <b> \\ 100%");
    assert_found(rendered(R"("\u00e9\ud83d\ude00")"), "é😀");
    assert_found(rendered(R"("0")"), "0");
    assert_found(rendered(R"(" ")"), " ");
}

void numbers_and_booleans_are_written_as_json_writes_them(void**)
{
    assert_found(rendered("42"), "42");
    assert_found(rendered("-9223372036854775808"), "-9223372036854775808");
    assert_found(rendered("0"), "0");
    assert_found(rendered("0.1"), "0.1");
    assert_found(rendered("-2.5"), "-2.5");
    assert_found(rendered("1e300"), "1e+300");
    assert_found(rendered("true"), "true");
    assert_found(rendered("false"), "false");
}

void an_array_is_joined_by_commas(void**)
{
    assert_found(rendered(R"(["admin","sales"])"), "admin,sales");
    assert_found(rendered(R"(["one"])"), "one");
    assert_found(rendered(R"([1,0.5,true,null,"x"])"), "1,0.5,true,x");
    assert_found(rendered(R"(["a",["b","c"],{"d":1}])"), R"(a,["b"%2C"c"],{"d":1})");
}

// A value that holds the separator made further list elements (mod_auth_openidc before 2.4.20).
void a_comma_inside_an_element_makes_no_further_one(void**)
{
    assert_found(rendered(R"(["x,admin"])"), "x%2Cadmin");
    assert_found(rendered(R"(["a",",admin,","CN=b,OU=c"])"), "a,%2Cadmin%2C,CN=b%2COU=c");
    assert_found(rendered(R"(["a",{"b":1,"admin":2}])"), R"(a,{"b":1%2C"admin":2})");
    assert_found(rendered(R"("a, b")"), "a, b");
}

void an_object_is_written_as_json(void**)
{
    assert_found(rendered(R"({ "b" : "é" , "a" : [1, 2.5] })"), R"({"b":"é","a":[1,2.5]})");
    assert_found(rendered(R"({"a":"x\ny"})"), R"({"a":"x\ny"})");
}

void null_and_empty_are_missing(void**)
{
    for (const char* value : {"null", R"("")", "[]", "[null]", R"([""])"}) {
        assert_missing(rendered(value));
    }
    assert_missing(collect({"c"}, R"({"d":1})"));
}

// Refusing

void control_characters_are_refused(void**)
{
    for (const char* value :
         {R"("a\r\nX-Evil: 1")", R"("a\rb")", R"("a\nb")", R"("a\tb")", R"("a\u0001b")",
          R"("a\u001bb")", R"("a\u007fb")", R"("\n")", R"(["a","b\nc"])"}) {
        assert_refused(rendered(value));
    }
}

void a_refused_claim_is_not_replaced_by_that_of_userinfo(void**)
{
    assert_refused(collect({"c"}, R"({"c":"a\nb"})", R"({"c":"good"})"));
}

void more_than_8_kb_is_refused(void**)
{
    const std::string longest(8192, 'a');
    assert_found(rendered("\"" + longest + "\""), longest);
    assert_refused(rendered("\"" + longest + "a\""));
    assert_refused(rendered("[\"" + longest + "\",\"a\"]"));
    assert_refused(rendered("{\"a\":\"" + longest + "\"}"));
}

// Finding

void the_id_token_comes_before_userinfo(void**)
{
    assert_found(collect({"c"}, R"({"c":"token"})", R"({"c":"userinfo"})"), "token");
    assert_found(collect({"c"}, R"({"d":1})", R"({"c":"userinfo"})"), "userinfo");
    assert_found(collect({"c"}, R"({"c":null})", R"({"c":"userinfo"})"), "userinfo");
    assert_found(collect({"c"}, R"({"c":""})", R"({"c":"userinfo"})"), "userinfo");
    assert_found(collect({"c"}, R"({"c":false})", R"({"c":true})"), "false");
    assert_missing(collect({"c"}, "{}", R"({"d":1})"));
}

void an_exact_name_comes_before_one_in_another_case(void**)
{
    assert_found(collect({"email"}, R"({"EMAIL":"a","email":"b"})"), "b");
    assert_found(collect({"employeeid"}, R"({"employeeId":"7"})"), "7");
    assert_found(collect({"EmployeeId"}, R"({"employeeid":"7"})"), "7");
    assert_missing(collect({"email"}, R"({"email2":"a","emai":"b","e-mail":"c"})"));
}

void a_name_in_another_case_in_the_id_token_comes_before_userinfo(void**)
{
    assert_found(collect({"email"}, R"({"Email":"token"})", R"({"email":"userinfo"})"), "token");
}

void a_path_leads_into_objects(void**)
{
    const char* claims = R"({"address":{"Locality":"Bern","geo":{"lat":46.5}}})";
    assert_found(collect({"address", "Locality"}, claims), "Bern");
    assert_found(collect({"address", "locality"}, claims), "Bern");
    assert_found(collect({"ADDRESS", "geo", "lat"}, claims), "46.5");
    assert_found(collect({"address", "geo"}, claims), R"({"lat":46.5})");
}

void a_path_that_ends_early_is_missing(void**)
{
    const char* claims = R"({"a":{"b":"x"},"list":["x"],"n":1,"s":"x"})";
    for (const auto& path : std::vector<std::vector<std::string>>{
             {"a", "c"}, {"a", "b", "c"}, {"list", "0"}, {"n", "x"}, {"s", "x"}, {"q", "r"}}) {
        assert_missing(collect(path, claims));
    }
}

void a_path_that_is_not_in_the_id_token_is_looked_for_in_userinfo(void**)
{
    assert_found(collect({"address", "locality"}, R"({"address":{"country":"CH"}})",
                         R"({"address":{"locality":"Bern"}})"),
                 "Bern");
}

void a_name_with_dots_or_slashes_is_one_member(void**)
{
    const char* claims = R"({"https://shop.example/roles":["a","b"],"a.b":"dotted"})";
    assert_found(collect({"https://shop.example/roles"}, claims), "a,b");
    assert_found(collect({"a.b"}, claims), "dotted");
}

/// OIDC Core 5.6.2
constexpr const char* pointer =
    R"({"_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://x"}}})";

void a_claim_that_is_left_to_another_place_is_missing_and_named(void**)
{
    for (const auto& claims : {collect({"groups"}, pointer), collect({"groups"}, "{}", pointer),
                               collect({"groups", "x"}, pointer)}) {
        assert_missing(claims);
        assert_int_equal(claims.elsewhere.size(), 1);
        assert_text(claims.elsewhere[0], "groups");
    }
}

void a_claim_that_is_there_or_nowhere_is_left_to_no_other_place(void**)
{
    for (const auto& claims :
         {collect({"roles"}, pointer), collect({"groups"}, "{}"), collect({"groups"}, "{}", "{}"),
          collect({"groups"}, R"({"groups":"a","_claim_names":{"groups":"src1"}})"),
          collect({"groups"}, R"({"_claim_names":"groups"})"),
          collect({"groups"}, R"({"_claim_names":null})"),
          collect({"groups"}, R"({"_claim_names":["groups"]})")}) {
        assert_true(claims.elsewhere.empty());
    }
}

void only_what_is_wanted_is_collected_in_its_order(void**)
{
    const std::vector<WantedClaim> wanted = {
        {"z", {"z"}}, {"none", {"none"}}, {"bad", {"bad"}}, {"a", {"a"}}};
    const auto claims =
        collect_claims(wanted, json(R"({"a":"1","bad":"\n","other":"secret","z":"26"})"), nullptr);
    assert_int_equal(claims.found.size(), 2);
    assert_text(claims.found[0].key, "z");
    assert_text(claims.found[1].key, "a");
    assert_int_equal(claims.missing.size(), 1);
    assert_text(claims.missing[0], "none");
    assert_int_equal(claims.refused.size(), 1);
    assert_text(claims.refused[0], "bad");
}

// OIDC Core 5.4

void knows_the_scope_of_each_standard_claim(void**)
{
    for (const char* claim : {"name", "family_name", "given_name", "middle_name", "nickname",
                              "preferred_username", "profile", "picture", "website", "gender",
                              "birthdate", "zoneinfo", "locale", "updated_at"}) {
        assert_text(std::string{scope_of_standard_claim(claim)}, "profile");
    }
    for (const char* claim : {"email", "email_verified"}) {
        assert_text(std::string{scope_of_standard_claim(claim)}, "email");
    }
    for (const char* claim : {"phone_number", "phone_number_verified"}) {
        assert_text(std::string{scope_of_standard_claim(claim)}, "phone");
    }
    assert_text(std::string{scope_of_standard_claim("address")}, "address");
}

void other_claims_have_no_scope(void**)
{
    for (const char* claim : {"sub", "iss", "groups", "roles", "phone", "Email", "", "sid"}) {
        assert_true(scope_of_standard_claim(claim).empty());
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_string_is_passed_on_as_it_is),
        cmocka_unit_test(numbers_and_booleans_are_written_as_json_writes_them),
        cmocka_unit_test(an_array_is_joined_by_commas),
        cmocka_unit_test(a_comma_inside_an_element_makes_no_further_one),
        cmocka_unit_test(an_object_is_written_as_json),
        cmocka_unit_test(null_and_empty_are_missing),
        cmocka_unit_test(control_characters_are_refused),
        cmocka_unit_test(a_refused_claim_is_not_replaced_by_that_of_userinfo),
        cmocka_unit_test(more_than_8_kb_is_refused),
        cmocka_unit_test(the_id_token_comes_before_userinfo),
        cmocka_unit_test(an_exact_name_comes_before_one_in_another_case),
        cmocka_unit_test(a_name_in_another_case_in_the_id_token_comes_before_userinfo),
        cmocka_unit_test(a_path_leads_into_objects),
        cmocka_unit_test(a_path_that_ends_early_is_missing),
        cmocka_unit_test(a_path_that_is_not_in_the_id_token_is_looked_for_in_userinfo),
        cmocka_unit_test(a_name_with_dots_or_slashes_is_one_member),
        cmocka_unit_test(a_claim_that_is_left_to_another_place_is_missing_and_named),
        cmocka_unit_test(a_claim_that_is_there_or_nowhere_is_left_to_no_other_place),
        cmocka_unit_test(only_what_is_wanted_is_collected_in_its_order),
        cmocka_unit_test(knows_the_scope_of_each_standard_claim),
        cmocka_unit_test(other_claims_have_no_scope),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
