#include "oidc/metadata.hpp"

#include "oidc/example.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using base::Fault;
using test::assert_text;
using test::contains;
using test::example_client;
using test::JsonText;

namespace {

JsonText good_metadata()
{
    return {{"issuer", R"("https://idp.example")"},
            {"authorization_endpoint", R"("https://idp.example/authorize")"},
            {"token_endpoint", R"("https://idp.example/token")"},
            {"jwks_uri", R"("https://idp.example/keys")"}};
}

Metadata parse(const JsonText& json)
{
    return parse_metadata(json.text(), example_client());
}

void assert_refused(const std::string& json, const std::string& reason,
                    const Client& client = example_client())
{
    const auto act = [&] { parse_metadata(json, client); };
    assert_true(test::fault_of(act) == Fault::provider);
    const auto message = test::message_of(act);
    if (!contains(message, reason)) {
        assert_text(message, reason);
    }
    assert_false(contains(message, "evil"));
}

void assert_refused(const JsonText& json, const std::string& reason)
{
    assert_refused(json.text(), reason);
}

void asks_for_the_metadata_as_json(void**)
{
    const auto request = metadata_request(example_client());
    assert_text(request.url, "https://idp.example/.well-known/openid-configuration");
    assert_text(request.body, "");
    assert_text(test::header_of(request, "Accept"), "application/json");
    assert_true(request.max_answer_bytes <= 1 << 20);
}

void asks_for_the_keys_at_jwks_uri(void**)
{
    const auto request = keys_request(parse(good_metadata()));
    assert_text(request.url, "https://idp.example/keys");
    assert_text(request.body, "");
    assert_true(contains(test::header_of(request, "Accept"), "application/json"));
}

void reads_the_endpoints_and_leaves_optional_ones_out(void**)
{
    const auto metadata = parse(good_metadata());
    assert_text(metadata.issuer, "https://idp.example");
    assert_text(metadata.authorization_endpoint, "https://idp.example/authorize");
    assert_text(metadata.token_endpoint, "https://idp.example/token");
    assert_text(metadata.jwks_uri, "https://idp.example/keys");
    assert_false(metadata.userinfo_endpoint.has_value());
    assert_false(metadata.end_session_endpoint.has_value());
    assert_false(metadata.introspection_endpoint.has_value());
    assert_true(metadata.token_endpoint_auth_methods.empty());
    assert_false(metadata.supports_s256.has_value());
    assert_false(metadata.announces_response_iss);
}

void reads_what_is_optional(void**)
{
    const auto metadata =
        parse(good_metadata()
                  .set("userinfo_endpoint", R"("https://idp.example/me")")
                  .set("end_session_endpoint", R"("https://idp.example/bye?x=1")")
                  .set("introspection_endpoint", R"("https://idp.example/introspect")")
                  .set("token_endpoint_auth_methods_supported", R"(["private_key_jwt","other"])")
                  .set("code_challenge_methods_supported", R"(["plain","S256"])")
                  .set("authorization_response_iss_parameter_supported", "true")
                  .set("surprise", "[1]"));
    assert_text(metadata.userinfo_endpoint.value_or(""), "https://idp.example/me");
    assert_text(metadata.end_session_endpoint.value_or(""), "https://idp.example/bye?x=1");
    assert_text(metadata.introspection_endpoint.value_or(""), "https://idp.example/introspect");
    assert_int_equal(metadata.token_endpoint_auth_methods.size(), 2);
    assert_true(metadata.supports_s256 == std::optional{true});
    assert_true(metadata.announces_response_iss);
}

void tells_no_list_of_challenge_methods_from_one_without_s256(void**)
{
    for (const char* list : {"[]", R"(["plain"])", R"(["s256"])"}) {
        const auto metadata = parse(good_metadata().set("code_challenge_methods_supported", list));
        assert_true(metadata.supports_s256 == std::optional{false});
    }
}

// Issuer (Discovery 4.3)

void rejects_an_issuer_that_differs_in_one_byte(void**)
{
    for (const char* issuer :
         {R"("https://idp.example/")", R"("https://IDP.example")", R"("https://idp.example:443")",
          R"("http://idp.example")", R"("https://idp.exampl")", R"("")"}) {
        assert_refused(good_metadata().set("issuer", issuer), "issuer");
    }
}

void names_the_other_issuer_so_that_it_can_be_copied(void**)
{
    assert_refused(good_metadata().set("issuer", R"("https://idp.example/")"),
                   R"("https://idp.example/", not "https://idp.example")");
}

void keeps_an_issuer_that_could_forge_a_log_line_out_of_the_log(void**)
{
    assert_refused(good_metadata().set("issuer", R"("https://x\nevil")"), "no URL");
    assert_refused(good_metadata().set("issuer", R"("https://x evil")"), "no URL");
    const std::string long_one = "\"https://x/evil" + std::string(300, 'a') + "\"";
    assert_refused(good_metadata().set("issuer", long_one), "no URL");
}

void names_an_issuer_that_is_a_plain_name(void**)
{
    assert_refused(good_metadata().set("issuer", R"("acme.com")"), "\"acme.com\"");
}

void tells_a_plain_name_from_what_else_an_issuer_may_be(void**)
{
    for (const char* name : {"acme.com", "ACME-2_x", "a"}) {
        assert_true(is_issuer_name(name));
    }
    for (const std::string& other :
         {std::string{}, std::string{"https://idp.example"}, std::string{"a b"},
          std::string{"a\"b"}, std::string{"a\nb"}, std::string{"a/b"}, std::string{"a:b"},
          std::string{"\xC3\xA9"}, std::string(256, 'a')}) {
        assert_false(is_issuer_name(other));
    }
}

void rejects_a_missing_issuer_and_one_that_is_no_string(void**)
{
    assert_refused(good_metadata().remove("issuer"), "no issuer");
    assert_refused(good_metadata().set("issuer", "null"), "no issuer");
    assert_refused(good_metadata().set("issuer", R"(["https://idp.example"])"), "issuer");
}

// Endpoints

void rejects_metadata_without_a_needed_endpoint(void**)
{
    for (const char* name : {"authorization_endpoint", "token_endpoint", "jwks_uri"}) {
        assert_refused(good_metadata().remove(name), std::string{"no "} + name);
        assert_refused(good_metadata().set(name, "null"), std::string{"no "} + name);
        assert_refused(good_metadata().set(name, "1"), name);
    }
}

void rejects_an_endpoint_that_is_no_url(void**)
{
    for (const char* name :
         {"authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint",
          "end_session_endpoint", "introspection_endpoint"}) {
        for (const char* url :
             {R"("")", R"("/token")", R"("javascript:evil")", R"("file:///etc/passwd")",
              R"("https://")", R"("https://user@idp.example/")", R"("https://idp.example/#x")",
              R"("https://idp.example/\r\nX-evil: 1")", R"("https://idp.example/ a")"}) {
            assert_refused(good_metadata().set(name, url), name);
        }
    }
}

void rejects_an_endpoint_that_is_not_https(void**)
{
    for (const char* name :
         {"authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint",
          "end_session_endpoint", "introspection_endpoint"}) {
        assert_refused(good_metadata().set(name, R"("http://idp.example/x")"), "not https");
        assert_refused(good_metadata().set(name, R"("http://127.0.0.1/x")"), "not https");
    }
}

void accepts_http_on_loopback_only_for_an_issuer_there(void**)
{
    auto client = example_client();
    client.loopback_http = true;
    auto json = good_metadata().set("token_endpoint", R"("http://127.0.0.1:8080/token")");
    assert_text(parse_metadata(json.text(), client).token_endpoint, "http://127.0.0.1:8080/token");
    json.set("token_endpoint", R"("http://idp.example/token")");
    assert_refused(json.text(), "not https", client);
    json.set("token_endpoint", R"("http://127.0.0.1.example/token")");
    assert_refused(json.text(), "not https", client);
}

void rejects_a_provider_without_the_code_flow(void**)
{
    assert_true(parse(good_metadata().set("response_types_supported", R"(["id_token","code"])"))
                    .userinfo_endpoint == std::nullopt);
    for (const char* list : {"[]", R"(["id_token"])", R"(["code id_token"])"}) {
        assert_refused(good_metadata().set("response_types_supported", list),
                       "response_types_supported");
    }
}

void rejects_members_of_a_wrong_type(void**)
{
    assert_refused(good_metadata().set("token_endpoint_auth_methods_supported", "1"),
                   "token_endpoint_auth_methods_supported");
    assert_refused(good_metadata().set("code_challenge_methods_supported", "[1]"),
                   "code_challenge_methods_supported");
    assert_refused(good_metadata().set("authorization_response_iss_parameter_supported", "\"1\""),
                   "authorization_response_iss_parameter_supported");
}

// The document

void rejects_what_is_no_json_object(void**)
{
    for (const char* text : {"", "[]", "null", "<html>evil</html>", R"({"issuer":)", "{} evil"}) {
        assert_refused(text, "provider metadata");
    }
}

void rejects_a_member_that_comes_twice(void**)
{
    const auto text = good_metadata().text();
    assert_refused(text.substr(0, text.size() - 1) + R"(,"issuer":"https://idp.example"})",
                   "comes twice");
}

void rejects_an_oversized_document(void**)
{
    const std::string filler = "\"" + std::string(300 * 1024, 'a') + "\"";
    assert_refused(good_metadata().set("filler", filler), "longer than");
}

void rejects_a_deep_document(void**)
{
    const auto deep = std::string(1000, '[') + std::string(1000, ']');
    assert_refused(good_metadata().set("deep", deep), "nested");
}

// RFC 8705 section 5
void reads_the_endpoints_for_clients_with_a_certificate(void**)
{
    auto json = good_metadata();
    json.set("mtls_endpoint_aliases", R"({"token_endpoint":"https://m.idp.example/token",)"
                                      R"("userinfo_endpoint":"https://m.idp.example/me",)"
                                      R"("introspection_endpoint":"https://m.idp.example/i",)"
                                      R"("revocation_endpoint":"https://m.idp.example/revoke"})");
    assert_text(parse(json).mtls_introspection_endpoint.value(), "https://m.idp.example/i");
    assert_text(parse(json).mtls_revocation_endpoint.value(), "https://m.idp.example/revoke");
    assert_text(parse(json).mtls_token_endpoint.value(), "https://m.idp.example/token");
    assert_text(parse(json).mtls_userinfo_endpoint.value(), "https://m.idp.example/me");
    assert_false(parse(json.set("mtls_endpoint_aliases", "{}")).mtls_token_endpoint.has_value());
    assert_false(parse(good_metadata()).mtls_token_endpoint.has_value());
}

/// Never the endpoint without a certificate instead.
void rejects_such_endpoints_that_are_wrong(void**)
{
    for (const char* aliases :
         {"[]", "\"evil\"", R"({"token_endpoint":"http://evil.example/token"})",
          R"({"token_endpoint":"evil"})", R"({"userinfo_endpoint":1})",
          R"({"revocation_endpoint":"http://evil.example/"})"}) {
        assert_refused(good_metadata().set("mtls_endpoint_aliases", aliases), "provider metadata");
    }
}

void reads_whether_requests_are_to_be_pushed(void**)
{
    assert_false(parse(good_metadata()).pushed_authorization_request_endpoint.has_value());
    assert_false(parse(good_metadata()).requires_pushed_authorization_requests);
    auto json = good_metadata();
    json.set("pushed_authorization_request_endpoint", "\"https://idp.example/par\"");
    json.set("require_pushed_authorization_requests", "true");
    json.set("mtls_endpoint_aliases",
             R"({"pushed_authorization_request_endpoint":"https://m.idp.example/par"})");
    const auto metadata = parse(json);
    assert_text(metadata.pushed_authorization_request_endpoint.value(), "https://idp.example/par");
    assert_text(metadata.mtls_pushed_authorization_request_endpoint.value(),
                "https://m.idp.example/par");
    assert_true(metadata.requires_pushed_authorization_requests);
    for (const char* endpoint : {"\"http://evil.example/par\"", "\"evil\"", "1"}) {
        json.set("pushed_authorization_request_endpoint", endpoint);
        assert_refused(json, "pushed_authorization_request_endpoint");
    }
}

void reads_which_algorithms_an_assertion_may_have(void**)
{
    auto json = good_metadata();
    assert_true(parse(json).token_endpoint_auth_algorithms.empty());
    json.set("token_endpoint_auth_signing_alg_values_supported", R"(["RS256","ES256"])");
    assert_true(parse(json).token_endpoint_auth_algorithms ==
                std::vector<std::string>({"RS256", "ES256"}));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_the_metadata_as_json),
        cmocka_unit_test(asks_for_the_keys_at_jwks_uri),
        cmocka_unit_test(reads_the_endpoints_and_leaves_optional_ones_out),
        cmocka_unit_test(reads_what_is_optional),
        cmocka_unit_test(tells_no_list_of_challenge_methods_from_one_without_s256),
        cmocka_unit_test(rejects_an_issuer_that_differs_in_one_byte),
        cmocka_unit_test(names_the_other_issuer_so_that_it_can_be_copied),
        cmocka_unit_test(keeps_an_issuer_that_could_forge_a_log_line_out_of_the_log),
        cmocka_unit_test(names_an_issuer_that_is_a_plain_name),
        cmocka_unit_test(tells_a_plain_name_from_what_else_an_issuer_may_be),
        cmocka_unit_test(rejects_a_missing_issuer_and_one_that_is_no_string),
        cmocka_unit_test(rejects_metadata_without_a_needed_endpoint),
        cmocka_unit_test(rejects_an_endpoint_that_is_no_url),
        cmocka_unit_test(rejects_an_endpoint_that_is_not_https),
        cmocka_unit_test(accepts_http_on_loopback_only_for_an_issuer_there),
        cmocka_unit_test(rejects_a_provider_without_the_code_flow),
        cmocka_unit_test(rejects_members_of_a_wrong_type),
        cmocka_unit_test(rejects_what_is_no_json_object),
        cmocka_unit_test(rejects_a_member_that_comes_twice),
        cmocka_unit_test(rejects_an_oversized_document),
        cmocka_unit_test(rejects_a_deep_document),
        cmocka_unit_test(reads_the_endpoints_for_clients_with_a_certificate),
        cmocka_unit_test(rejects_such_endpoints_that_are_wrong),
        cmocka_unit_test(reads_whether_requests_are_to_be_pushed),
        cmocka_unit_test(reads_which_algorithms_an_assertion_may_have),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
