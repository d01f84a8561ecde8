#include "base/parameters.hpp"

#include "support/check.hpp"

using namespace ciam::base;
using ciam::test::assert_text;
using ciam::test::contains;
using ciam::test::fault_of;
using ciam::test::message_of;

namespace {

bool is_refused(std::string_view query)
{
    return fault_of([&] { Parameters::parse(query); }) == Fault::client;
}

void parameters_are_read_by_name(void**)
{
    const auto parameters = Parameters::parse("code=a%2Bb+c&state=&flag&x==1=");
    assert_text(parameters.get("code").value(), "a+b c");
    assert_text(parameters.get("state").value(), "");
    assert_text(parameters.get("flag").value(), "");
    assert_text(parameters.get("x").value(), "=1=");
    assert_false(parameters.get("Code").has_value());
    assert_true(parameters.has("flag"));
    assert_false(parameters.has("other"));
}

void names_are_decoded_too(void**)
{
    assert_text(Parameters::parse("st%61te=x").get("state").value(), "x");
}

void an_empty_query_has_no_parameters(void**)
{
    for (const char* query : {"", "&", "&&&"}) {
        assert_true(Parameters::parse(query).empty());
    }
}

void a_parameter_that_comes_twice_is_an_error_when_it_is_asked_for(void**)
{
    for (const char* query : {"state=a&state=b", "state=a&state=a", "state=a&x=1&st%61te=b",
                              "state&state", "state=a&state"}) {
        const auto parameters = Parameters::parse(query);
        assert_true(fault_of([&] { parameters.get("state"); }) == Fault::client);
        assert_true(parameters.has("state"));
    }
    const auto parameters = Parameters::parse("a=hunter2&a=hunter2&state=x");
    assert_text(parameters.get("state").value(), "x");
    assert_false(contains(message_of([&] { parameters.get("a"); }), "hunter2"));
}

void broken_escapes_and_nul_bytes_are_refused(void**)
{
    for (const char* query : {"a=%", "a=%4", "a=%zz", "%=a", "a=%00", "%00=a", "a=b&c=%u0041"}) {
        assert_true(is_refused(query));
    }
    assert_true(is_refused(std::string_view{"a=\0", 3}));
}

void too_many_parameters_are_refused(void**)
{
    std::string query = "a";
    for (int i = 1; i < 64; i++) {
        query += "&a";
    }
    assert_false(is_refused(query));
    assert_true(is_refused(query + "&a"));
    assert_true(fault_of([] { Parameters::parse("a&b&c", 2); }) == Fault::client);
}

void encoding_can_be_parsed_again(void**)
{
    Parameters parameters;
    parameters.add("redirect_uri", "https://a.example/b?c=d&e");
    parameters.add("scope", "openid email");
    parameters.add("na me", "\xC3\xA9+%");
    const std::string query = parameters.encode();
    assert_text(query, "redirect_uri=https%3A%2F%2Fa.example%2Fb%3Fc%3Dd%26e&scope=openid%20email"
                       "&na%20me=%C3%A9%2B%25");
    const auto again = Parameters::parse(query);
    assert_true(std::equal(parameters.begin(), parameters.end(), again.begin(), again.end()));
}

void order_and_duplicates_are_kept(void**)
{
    assert_text(Parameters::parse("b=1&a=2&b=3").encode(), "b=1&a=2&b=3");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_read_by_name),
        cmocka_unit_test(names_are_decoded_too),
        cmocka_unit_test(an_empty_query_has_no_parameters),
        cmocka_unit_test(a_parameter_that_comes_twice_is_an_error_when_it_is_asked_for),
        cmocka_unit_test(broken_escapes_and_nul_bytes_are_refused),
        cmocka_unit_test(too_many_parameters_are_refused),
        cmocka_unit_test(encoding_can_be_parsed_again),
        cmocka_unit_test(order_and_duplicates_are_kept),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
