// A session's parts as they are before sealing: whatever the bytes, they are read or refused.
#include "flow/session_layout.hpp"
#include "flow/token_dictionary.hpp"

#include <cstdint>
#include <cstdlib>

using namespace ciam::flow;

namespace {

void require(bool holds)
{
    if (!holds) {
        std::abort();
    }
}

/// What could be read comes back the same when it is written and read again.
void read_again(const SessionTokens& tokens, const DictionaryOf& dictionary)
{
    const auto written = write_cold(tokens, dictionary);
    const auto again = read_cold(written.view(), dictionary);
    require(again && again->id_token == tokens.id_token &&
            again->access_token == tokens.access_token && again->userinfo == tokens.userinfo &&
            again->refresh_token == tokens.refresh_token && again->auth_time == tokens.auth_time &&
            again->nonce_mark == tokens.nonce_mark);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    std::string text;
    if (spell_out_hot(bytes, text)) {
        require(SessionView::parse(text).has_value());
    }
    const DictionaryOf dictionary = [](std::string_view access_token) {
        return token_dictionary(R"({"iss":"https://id.example.com","aud":"shop"})",
                                "\x02\x01\x02\x03\x04"
                                "\x01s\x01i",
                                access_token);
    };
    if (const auto tokens = read_cold(bytes, dictionary)) {
        read_again(*tokens, dictionary);
    }
    SessionTokens tokens;
    tokens.id_token = bytes;
    tokens.refresh_token = bytes.substr(size / 2);
    if (!tokens.refresh_token.empty()) {
        tokens.nonce_mark = bytes.substr(0, size / 2);
    }
    read_again(tokens, dictionary);
    return 0;
}
