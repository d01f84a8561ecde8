#include "oidc/initiate_login.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using test::assert_text;

namespace {

constexpr const char* site = "https://shop.example";

void reads_what_a_third_party_says(void**)
{
    const auto login = parse_initiated_login("iss=https%3A%2F%2Fidp.example%2F&login_hint=a%20b%2Bc"
                                             "&target_link_uri=https%3A%2F%2Fshop.example%2Fx&y=1");
    assert_text(login.issuer, "https://idp.example/");
    assert_text(login.login_hint.value_or(""), "a b+c");
    assert_text(login.target_link_uri, "https://shop.example/x");
}

void does_with_the_issuer_alone(void**)
{
    for (const char* text : {"iss=x", "iss=x&login_hint=&target_link_uri="}) {
        const auto login = parse_initiated_login(text);
        assert_false(login.login_hint.has_value());
        assert_text(login.target_link_uri, "");
    }
}

void refuses_what_is_no_such_request(void**)
{
    const auto longest = "iss=x&login_hint=" + std::string(1024, 'h');
    assert_int_equal(parse_initiated_login(longest).login_hint.value().size(), 1024);
    for (const std::string& text :
         {std::string{}, std::string{"iss="}, std::string{"login_hint=evil"},
          std::string{"iss=evil&iss=evil"}, std::string{"iss=x&login_hint=evil&login_hint=evil"},
          std::string{"iss=x&target_link_uri=evil&target_link_uri=evil"}, std::string{"iss=%zz"},
          longest + "h"}) {
        const auto act = [&] { parse_initiated_login(text); };
        assert_true(test::fault_of(act) == base::Fault::client);
        assert_false(test::contains(test::message_of(act), "evil"));
    }
}

void an_address_of_the_site_is_its_path_and_query(void**)
{
    const std::pair<const char*, const char*> cases[] = {
        {"https://shop.example", "/"},
        {"https://shop.example/", "/"},
        {"https://shop.example/a%20b/c", "/a%20b/c"},
        {"https://shop.example/a?b=c&d=%26", "/a?b=c&d=%26"},
        {"https://shop.example?b", "/?b"},
        {"HTTPS://SHOP.example:443/x", "/x"},
        {"https://shop.example//evil.example", "//evil.example"}, // behind our own origin
    };
    for (const auto& [target, path] : cases) {
        assert_text(path_on_site(target, site), path);
    }
    assert_text(path_on_site("http://localhost:8080/x", "http://localhost:8080"), "/x");
}

void every_other_address_is_the_start_page(void**)
{
    for (const char* target :
         {"", "x", "/x", "//evil.example/x", "https://evil.example/x", "http://shop.example/x",
          "https://shop.example:444/x", "https://shop.example.evil.example/x",
          "https://evil-shop.example/x", "https://shop.example@evil.example/x",
          "https://evil.example\\@shop.example/x", "https://shop.example/x#y",
          "https://shop.example/\\evil", "https:shop.example/x", "javascript:alert(1)",
          " https://shop.example/x", "https://shop.example/x\r\ny"}) {
        assert_text(path_on_site(target, site), "/");
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_a_third_party_says),
        cmocka_unit_test(does_with_the_issuer_alone),
        cmocka_unit_test(refuses_what_is_no_such_request),
        cmocka_unit_test(an_address_of_the_site_is_its_path_and_query),
        cmocka_unit_test(every_other_address_is_the_start_page),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
