#include "oidc/subject.hpp"

#include "oidc/example.hpp"
#include "support/check.hpp"

using namespace ciam;

namespace {

[[noreturn]] void refuse(const std::string& reason)
{
    throw base::Error{base::Fault::client, reason};
}

std::string subject(const std::string& json)
{
    return oidc::subject_of(base::Json::parse_object(json, "token"), refuse);
}

std::string reason_for(const std::string& json)
{
    return test::message_of([&] { subject(json); });
}

void gives_the_subject(void**)
{
    test::assert_text(subject(R"({"sub":"customer 1"})"), "customer 1");
    test::assert_text(subject(R"({"sub":")" + std::string(255, 'a') + "\"}"),
                      std::string(255, 'a'));
}

void refuses_a_missing_or_empty_one(void**)
{
    for (const char* json : {"{}", R"({"sub":""})", R"({"sub":null})"}) {
        test::assert_text(reason_for(json), "has no sub");
    }
}

void refuses_what_cannot_stand_in_a_header(void**)
{
    for (const auto& sub : {std::string(256, 'a'), std::string{"a\\nb"}, std::string{"Zo\u00eb"}}) {
        assert_true(test::contains(reason_for(R"({"sub":")" + sub + "\"}"), "not printable"));
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_subject),
        cmocka_unit_test(refuses_a_missing_or_empty_one),
        cmocka_unit_test(refuses_what_cannot_stand_in_a_header),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
