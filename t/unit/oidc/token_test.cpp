#include "oidc/token.hpp"

#include "base/encoding.hpp"
#include "oidc/example.hpp"

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::oidc;
using base::Fault;
using test::assert_text;
using test::contains;
using test::example_client;
using test::example_metadata;
using test::header_of;
using test::json_answer;
using test::JsonText;

namespace {

constexpr CodeGrant grant{.code = "c/1+",
                          .redirect_uri = "https://shop.example/oidc_callback",
                          .code_verifier = "verifier"};

base::HttpRequest request(const Client& client, std::vector<std::string> methods = {})
{
    auto metadata = example_metadata();
    metadata.token_endpoint_auth_methods = std::move(methods);
    return token_request(client, metadata, grant, 1'700'000'000);
}

std::string basic(std::string_view id_and_secret)
{
    return "Basic " + base::base64_encode(id_and_secret);
}

// The request

void posts_the_code_as_a_form(void**)
{
    const auto sent = request(example_client());
    assert_text(sent.url, "https://idp.example/token");
    assert_text(sent.body, "grant_type=authorization_code&code=c%2F1%2B"
                           "&redirect_uri=https%3A%2F%2Fshop.example%2Foidc_callback"
                           "&code_verifier=verifier");
    assert_text(header_of(sent, "Content-Type"), "application/x-www-form-urlencoded");
    assert_text(header_of(sent, "Accept"), "application/json");
    assert_true(sent.max_answer_bytes <= 1 << 20);
}

void leaves_out_the_verifier_without_pkce(void**)
{
    const auto sent = token_request(
        example_client(), example_metadata(),
        {.code = "c", .redirect_uri = "https://shop.example/", .code_verifier = ""}, 0);
    assert_false(contains(sent.body, "code_verifier"));
}

// RFC 8707 section 2.2
void names_the_resources_that_the_token_is_for(void**)
{
    auto client = example_client();
    client.resources = {"https://a.example/x?y", "urn:b"};
    assert_true(contains(request(client).body,
                         "&resource=https%3A%2F%2Fa.example%2Fx%3Fy&resource=urn%3Ab"));
    assert_false(contains(request(example_client()).body, "resource"));
}

void authenticates_with_basic_unless_only_post_is_listed(void**)
{
    const auto expected = basic("shop:hunter2");
    for (const std::vector<std::string>& methods :
         {std::vector<std::string>{},
          {"client_secret_basic"},
          {"client_secret_post", "client_secret_basic"}}) {
        const auto sent = request(example_client(), methods);
        assert_text(header_of(sent, "Authorization"), expected);
        assert_false(contains(sent.body, "client_"));
        assert_false(contains(sent.body, "hunter2"));
    }
}

// RFC 6749 section 2.3.1, appendix B
void form_encodes_id_and_secret_before_base64(void**)
{
    auto client = example_client();
    client.client_id = "shop:1 é";
    client.client_secret = base::Secret{std::string{"a:b+c/d%e&f=g"}};
    assert_text(header_of(request(client), "Authorization"),
                basic("shop%3A1%20%C3%A9:a%3Ab%2Bc%2Fd%25e%26f%3Dg"));
}

void authenticates_in_the_body_where_basic_is_not_listed(void**)
{
    auto client = example_client();
    client.client_secret = base::Secret{std::string{"a b&c=d"}};
    const auto sent = request(client, {"private_key_jwt", "client_secret_post"});
    assert_text(header_of(sent, "Authorization"), "");
    const auto form = base::Parameters::parse(sent.body);
    assert_text(form.get("client_id").value_or(""), "shop");
    assert_text(form.get("client_secret").value_or(""), "a b&c=d");
    assert_true(contains(sent.body, "&client_secret=a%20b%26c%3Dd"));
}

void sends_the_client_id_alone_for_a_public_client(void**)
{
    auto client = example_client();
    client.client_secret = base::Secret{};
    for (const std::vector<std::string>& methods :
         {std::vector<std::string>{}, {"none"}, {"client_secret_basic"}}) {
        const auto sent = request(client, methods);
        assert_text(header_of(sent, "Authorization"), "");
        assert_true(contains(sent.body, "&client_id=shop"));
        assert_false(contains(sent.body, "client_secret"));
    }
}

void refuses_a_secret_that_no_listed_method_can_use(void**)
{
    const auto act = [] { request(example_client(), {"private_key_jwt", "none"}); };
    assert_true(test::fault_of(act) == Fault::configuration);
    assert_true(contains(test::message_of(act), "client_auth"));
    assert_false(contains(test::message_of(act), "hunter2"));
}

// The response

JsonText good_tokens()
{
    return {
        {"access_token", R"("at.1")"}, {"token_type", R"("Bearer")"}, {"id_token", R"("a.b.c")"}};
}

TokenResponse parse(const JsonText& json)
{
    return parse_token_response(json_answer(json.text()));
}

void assert_refused(const base::HttpResponse& answer, Fault fault, const std::string& reason)
{
    const auto act = [&] { parse_token_response(answer); };
    assert_true(test::fault_of(act) == fault);
    const auto message = test::message_of(act);
    if (!contains(message, reason)) {
        assert_text(message, reason);
    }
    for (const char* value : {"at.1", "a.b.c", "evil"}) {
        assert_false(contains(message, value));
    }
}

void assert_refused(const JsonText& json, const std::string& reason)
{
    assert_refused(json_answer(json.text()), Fault::provider, reason);
}

void reads_the_tokens(void**)
{
    const auto tokens = parse(good_tokens().set("expires_in", 300).set("surprise", "[{}]"));
    assert_text(std::string{tokens.access_token.view()}, "at.1");
    assert_text(std::string{tokens.id_token.view()}, "a.b.c");
    assert_true(tokens.expires_in == std::optional<base::Seconds>{300});
}

void accepts_bearer_in_any_case(void**)
{
    for (const char* type : {R"("bearer")", R"("BEARER")", R"("bEaReR")"}) {
        assert_false(parse(good_tokens().set("token_type", type)).access_token.empty());
    }
}

void rejects_another_token_type(void**)
{
    for (const char* type :
         {R"("DPoP")", R"("mac")", R"("")", R"("Bearer ")", R"("Beare")", R"("evil")"}) {
        assert_refused(good_tokens().set("token_type", type), "token_type");
    }
    assert_refused(good_tokens().set("token_type", "1"), "token_type");
    assert_refused(good_tokens().remove("token_type"), "no token_type");
}

void rejects_a_missing_token(void**)
{
    for (const char* name : {"id_token", "access_token"}) {
        assert_refused(good_tokens().remove(name), std::string{"no "} + name);
        assert_refused(good_tokens().set(name, R"("")"), std::string{"no "} + name);
        assert_refused(good_tokens().set(name, "null"), std::string{"no "} + name);
        assert_refused(good_tokens().set(name, R"({"a":"evil"})"), name);
    }
    assert_refused(good_tokens().remove("id_token"), "openid");
}

void rejects_a_token_that_could_forge_a_header(void**)
{
    for (const char* name : {"id_token", "access_token"}) {
        for (const char* token : {R"("x\r\nX-Evil: 1")", R"("x y")", R"("x\ty")", R"("é")",
                                  R"("x\u007f")", R"("x\n")"}) {
            assert_refused(good_tokens().set(name, token), name);
        }
    }
}

// RFC 6749 appendix A.17
void takes_a_refresh_token_of_any_printable_characters(void**)
{
    const auto tokens = parse(good_tokens().set("refresh_token", R"(" r~!\"\\ t ")"));
    assert_text(std::string{tokens.refresh_token.view()}, R"( r~!"\ t )");
    for (const char* token : {R"("")", R"("x\ty")", R"("é")", R"("x\u007f")", "1"}) {
        assert_refused(good_tokens().set("refresh_token", token), "refresh_token");
    }
}

void does_without_an_expires_in_that_makes_no_sense(void**)
{
    assert_false(parse(good_tokens()).expires_in.has_value());
    for (const char* value : {R"("5 min")", R"("")", R"("-1")", R"("1e3")", "-1", "null", "true",
                              "[]", "-9223372036854775808"}) {
        assert_false(parse(good_tokens().set("expires_in", value)).expires_in.has_value());
    }
    assert_true(parse(good_tokens().set("expires_in", R"("300")")).expires_in ==
                std::optional<base::Seconds>{300}); // as some providers send it
    const auto huge = parse(good_tokens().set("expires_in", "9223372036854775807"));
    assert_true(huge.expires_in < std::optional<base::Seconds>{1'000'000'000});
}

void rejects_what_is_no_json_object(void**)
{
    for (const char* body : {"", "evil", "[]", "access_token=at.1&id_token=a.b.c"}) {
        assert_refused(json_answer(body), Fault::provider, "token response");
    }
    auto page = json_answer("<html>evil");
    page.content_type = "text/html";
    assert_refused(page, Fault::provider, "HTML page");
}

// RFC 6749 section 5.2

base::HttpResponse error_answer(const std::string& error, int status = 400)
{
    return json_answer("{\"error\":" + base::json_quote(error) +
                           R"(,"error_description":"evil","error_uri":"https://evil.example"})",
                       status);
}

void tells_by_the_error_code_who_can_mend_it(void**)
{
    for (const int status : {200, 400, 401, 403, 500}) {
        assert_refused(error_answer("invalid_grant", status), Fault::client, "\"invalid_grant\"");
        assert_refused(error_answer("invalid_client", status), Fault::configuration,
                       "client_secret");
        assert_refused(error_answer("unauthorized_client", status), Fault::configuration,
                       "\"unauthorized_client\"; check client_id and client_secret");
        assert_refused(error_answer("unauthorized_client", status), Fault::configuration,
                       "authorization code grant");
        assert_refused(error_answer("server_error", status), Fault::provider, "\"server_error\"");
    }
}

void rejects_an_error_that_comes_with_tokens(void**)
{
    assert_refused(json_answer(good_tokens().set("error", R"("invalid_grant")").text()),
                   Fault::client, "invalid_grant");
}

void never_repeats_an_error_that_is_no_error_code(void**)
{
    for (const char* error : {"evil\r\nline", "evil words", "\"evil\"", "<evil>", "evilé", ""}) {
        assert_refused(error_answer(error, 400), Fault::provider, "\"unknown\"");
        assert_refused(error_answer(error, 200), Fault::provider, "\"unknown\"");
    }
    assert_refused(error_answer("evil" + std::string(64, 'a')), Fault::provider, "\"unknown\"");
}

void judges_an_error_without_a_code_by_its_status(void**)
{
    for (const char* body : {"", "evil", R"({"message":"evil"})", R"({"error":{"evil":1}})"}) {
        assert_refused(json_answer(body, 400), Fault::provider, "HTTP status 400");
        assert_refused(json_answer(body, 401), Fault::provider, "client_auth");
    }
}

void a_busy_provider_is_busy_whatever_the_body_says(void**)
{
    for (const int status : {429, 503}) {
        assert_refused(error_answer("invalid_grant", status), Fault::provider_busy, "busy");
    }
}

void passes_on_why_there_was_no_answer(void**)
{
    auto answer = error_answer("invalid_grant");
    answer.fault = Fault::provider_timeout;
    answer.reason = "no answer within 5 seconds";
    assert_refused(answer, Fault::provider_timeout, "no answer within 5 seconds");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(posts_the_code_as_a_form),
        cmocka_unit_test(leaves_out_the_verifier_without_pkce),
        cmocka_unit_test(names_the_resources_that_the_token_is_for),
        cmocka_unit_test(authenticates_with_basic_unless_only_post_is_listed),
        cmocka_unit_test(form_encodes_id_and_secret_before_base64),
        cmocka_unit_test(authenticates_in_the_body_where_basic_is_not_listed),
        cmocka_unit_test(sends_the_client_id_alone_for_a_public_client),
        cmocka_unit_test(refuses_a_secret_that_no_listed_method_can_use),
        cmocka_unit_test(reads_the_tokens),
        cmocka_unit_test(accepts_bearer_in_any_case),
        cmocka_unit_test(rejects_another_token_type),
        cmocka_unit_test(rejects_a_missing_token),
        cmocka_unit_test(rejects_a_token_that_could_forge_a_header),
        cmocka_unit_test(takes_a_refresh_token_of_any_printable_characters),
        cmocka_unit_test(does_without_an_expires_in_that_makes_no_sense),
        cmocka_unit_test(rejects_what_is_no_json_object),
        cmocka_unit_test(tells_by_the_error_code_who_can_mend_it),
        cmocka_unit_test(rejects_an_error_that_comes_with_tokens),
        cmocka_unit_test(never_repeats_an_error_that_is_no_error_code),
        cmocka_unit_test(judges_an_error_without_a_code_by_its_status),
        cmocka_unit_test(a_busy_provider_is_busy_whatever_the_body_says),
        cmocka_unit_test(passes_on_why_there_was_no_answer),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
