#include "flow/short_token.hpp"

#include "flow/token_dictionary.hpp"

#include "base/encoding.hpp"
#include "base/random.hpp"

#include <random>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::flow;
using test::assert_text;

namespace {

std::string known()
{
    oidc::Client client;
    client.issuer = "https://id.example.com";
    client.client_id = "shop";
    return provider_dictionary(client);
}

std::string written(std::string_view token, std::string_view dictionary = known())
{
    FieldWriter writer;
    write_short_token(writer, token, dictionary);
    return writer.take();
}

std::string read(std::string_view bytes, std::string_view dictionary = known())
{
    FieldReader reader{bytes};
    const auto token = read_short_token(reader, dictionary);
    assert_false(reader.failed());
    assert_false(reader.has_more());
    return token;
}

std::string token_of(const std::string& header, const std::string& payload,
                     const std::string& signature)
{
    return base::base64url_encode(header) + "." + base::base64url_encode(payload) + "." +
           base::base64url_encode(signature);
}

const std::string header = R"({"alg":"RS256","typ":"JWT","kid":"key-1"})";
const std::string payload =
    R"({"iss":"https://id.example.com","sub":"f81d4fae-7dec-11d0-a765-00a0c91e6bf6","aud":"shop",)"
    R"("exp":1700003600,"iat":1700000000,"nonce":"QWxsIHRoYXQgaXMgcmFuZG9tIGlzIGxvbmcA",)"
    R"("email":"ann@example.com","email_verified":true,"given_name":"Ann","locale":"de-DE"})";

std::string usual_token()
{
    return token_of(header, payload, std::string(256, '\x9a'));
}

void every_token_comes_back_bit_for_bit(void**)
{
    const std::string token = usual_token();
    const std::string tokens[] = {
        "",
        "opaque",
        std::string(100, '.'),
        std::string(5000, '\xfe'),
        token,
        token + ".",
        token + "=",
        "." + token,
        token.substr(0, token.size() - 1) + "B", // another spelling of the last bits
        token.substr(0, token.rfind('.')),
        token_of("", "", ""),
        token_of(header, "", std::string(64, 's')),
        token_of(header, "not JSON at all, and \x01 \x02 in it", "s"),
        token_of("\x01\x01\x01", "aaaaaaaaaaaaaaaaaaaaaaaaaa\x01" + payload, "s"),
        payload,
        std::string(70000, 'x') + payload,
    };
    for (const auto& text : tokens) {
        assert_text(read(written(text)), text);
    }
}

void random_changes_of_a_token_come_back_too(void**)
{
    std::mt19937 random{11}; // NOLINT(cert-msc32-c,cert-msc51-cpp): always the same tokens
    for (int round = 0; round < 500; ++round) {
        auto token = usual_token();
        for (auto changes = random() % 4; changes-- > 0;) {
            token[random() % token.size()] = static_cast<char>(random());
        }
        token.resize(token.size() - random() % 3);
        assert_text(read(written(token)), token);
    }
}

void a_usual_token_is_short(void**)
{
    assert_true(usual_token().size() > 700);
    assert_in_range(written(usual_token()).size(), 256, 256 + 190);
}

void what_the_session_has_is_not_kept_twice(void**)
{
    print_message("%zu bytes\n", written(usual_token()).size());
    const auto without = written(usual_token()).size();
    const auto with =
        written(usual_token(), known() + "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
                                         "ann@example.comhttps://id.example.com1700000000")
            .size();
    assert_true(with + 20 < without);
}

void no_token_takes_more_than_a_few_bytes_more(void**)
{
    for (std::size_t size = 0; size < 3000; size += 13) {
        const auto token = base::random_bytes(size);
        assert_in_range(written(token).size(), size, size + 4);
    }
}

void what_was_not_written_so_is_refused(void**)
{
    const auto bytes = written(usual_token());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        FieldReader reader{std::string_view{bytes}.substr(0, size)};
        assert_text(read_short_token(reader, known()), "");
        assert_true(reader.failed());
    }
    FieldReader reader{"\x07xx"};
    read_short_token(reader, "");
    assert_true(reader.failed());
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_token_comes_back_bit_for_bit),
        cmocka_unit_test(random_changes_of_a_token_come_back_too),
        cmocka_unit_test(a_usual_token_is_short),
        cmocka_unit_test(what_the_session_has_is_not_kept_twice),
        cmocka_unit_test(no_token_takes_more_than_a_few_bytes_more),
        cmocka_unit_test(what_was_not_written_so_is_refused),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
