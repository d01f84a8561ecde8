// What profiles of known providers change in the rules of an ID token.

#include "oidc/id_token_example.hpp"

using namespace ciam;
using namespace ciam::test;

namespace {

oidc::Client without_scheme()
{
    auto with = client();
    with.issuer_without_scheme = true;
    return with;
}

oidc::Client of_domain(const std::string& domain)
{
    auto with = client();
    with.hosted_domain = domain;
    return with;
}

void accept(const JsonText& claims, const oidc::Client& with)
{
    assert_text(verify(key().sign(claims.text()), with).subject, "customer-1");
}

void refuse(const JsonText& claims, const std::string& reason, const oidc::Client& with)
{
    assert_refused(key().sign(claims.text()), reason, with);
}

void accepts_the_issuer_without_its_scheme_where_that_is_known(void**)
{
    accept(good_claims().set("iss", R"("idp.example")"), without_scheme());
    accept(good_claims(), without_scheme());
}

void rejects_the_issuer_without_its_scheme_elsewhere(void**)
{
    refuse(good_claims().set("iss", R"("idp.example")"), "another issuer", client());
}

void rejects_other_texts_in_its_place(void**)
{
    for (const char* other : {R"("")", R"("example")", R"("//idp.example")", R"("dp.example")",
                              R"("evil.example")", R"("http://idp.example")", R"("IDP.example")"}) {
        refuse(good_claims().set("iss", other), "another issuer", without_scheme());
    }
    refuse(good_claims().remove("iss"), "no iss", without_scheme());
}

void accepts_an_account_of_the_organisation(void**)
{
    accept(good_claims().set("hd", R"("shop.example")"), of_domain("shop.example"));
    accept(good_claims().set("hd", R"("shop.example")"), of_domain("*"));
}

void accepts_any_account_where_no_organisation_is_asked_for(void**)
{
    accept(good_claims().set("hd", R"("evil.example")"), client());
    accept(good_claims(), client());
}

void rejects_an_account_of_another_organisation(void**)
{
    for (const char* other : {R"("evil.example")", R"("shop.example.evil.example")", R"("*")"}) {
        refuse(good_claims().set("hd", other), "another organisation (hd)",
               of_domain("shop.example"));
    }
}

void rejects_an_account_of_none(void**)
{
    for (const char* domain : {"shop.example", "*"}) {
        refuse(good_claims(), "no organisation (hd)", of_domain(domain));
        refuse(good_claims().set("hd", R"(["shop.example"])"), "hd", of_domain(domain));
    }
    refuse(good_claims().set("hd", R"("")"), "organisation (hd)", of_domain("shop.example"));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(accepts_the_issuer_without_its_scheme_where_that_is_known),
        cmocka_unit_test(rejects_the_issuer_without_its_scheme_elsewhere),
        cmocka_unit_test(rejects_other_texts_in_its_place),
        cmocka_unit_test(accepts_an_account_of_the_organisation),
        cmocka_unit_test(accepts_any_account_where_no_organisation_is_asked_for),
        cmocka_unit_test(rejects_an_account_of_another_organisation),
        cmocka_unit_test(rejects_an_account_of_none),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
