#include "base/encoding.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <jansson.h>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace ciam::base {

namespace {

// OpenSSL's block functions count in int.
constexpr std::size_t max_bytes = std::size_t{1} << 30;

constexpr std::string_view hex_digits = "0123456789ABCDEF";
constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

struct JsonRelease {
    void operator()(json_t* value) const noexcept { json_decref(value); }
};
using JsonValue = std::unique_ptr<json_t, JsonRelease>;

struct Free {
    void operator()(char* text) const noexcept { std::free(text); } // NOLINT: jansson's malloc
};

const unsigned char* octets(std::string_view bytes)
{
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_base64url(char c)
{
    return is_alphanumeric(c) || c == '-' || c == '_';
}

bool is_unreserved(char c)
{
    return is_base64url(c) || c == '.' || c == '~';
}

std::optional<unsigned> hex_value(char c)
{
    if (is_digit(c)) {
        return static_cast<unsigned>(c - '0');
    }
    if (c >= 'A' && c <= 'F') {
        return static_cast<unsigned>(c - 'A') + 10;
    }
    if (c >= 'a' && c <= 'f') {
        return static_cast<unsigned>(c - 'a') + 10;
    }
    return std::nullopt;
}

/// The character that begins at `text`, as jansson understands UTF-8; empty when there is none.
std::string_view first_character(std::string_view text)
{
    for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); length++) {
        if (JsonValue{json_stringn(text.data(), length)}) {
            return text.substr(0, length);
        }
    }
    return {};
}

std::string repair_utf8(std::string_view text)
{
    std::string repaired;
    while (!text.empty()) {
        const std::string_view character = first_character(text);
        repaired += character.empty() ? replacement_character : character;
        text.remove_prefix(std::max<std::size_t>(1, character.size()));
    }
    return repaired;
}

} // namespace

std::string base64_encode(std::string_view bytes)
{
    if (bytes.size() > max_bytes) {
        throw Error{Fault::internal, "too many bytes for base64"};
    }
    std::string text((bytes.size() + 2) / 3 * 4, '\0');
    // The NUL that EVP_EncodeBlock writes falls on the string's own.
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), octets(bytes),
                    static_cast<int>(bytes.size()));
    return text;
}

std::string base64url_encode(std::string_view bytes)
{
    std::string text = base64_encode(bytes);
    text.resize((bytes.size() * 4 + 2) / 3);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

std::optional<std::string> base64url_decode(std::string_view text)
{
    if (text.size() > max_bytes || text.size() % 4 == 1 ||
        !std::all_of(text.begin(), text.end(), is_base64url)) {
        return std::nullopt;
    }
    // Filled up with "A", which stands for zero bits: whatever comes out behind the text's own
    // bytes shows whether its trailing bits were zero.
    std::string standard{text};
    standard.resize((text.size() + 3) / 4 * 4, 'A');
    std::replace(standard.begin(), standard.end(), '-', '+');
    std::replace(standard.begin(), standard.end(), '_', '/');

    std::string bytes(standard.size() / 4 * 3, '\0');
    const int decoded = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                        octets(standard), static_cast<int>(standard.size()));
    OPENSSL_cleanse(standard.data(), standard.size());
    const std::size_t size = text.size() * 3 / 4;
    if (decoded < 0 || bytes.find_first_not_of('\0', size) != std::string::npos) {
        OPENSSL_cleanse(bytes.data(), bytes.size());
        return std::nullopt;
    }
    bytes.resize(size);
    return bytes;
}

std::string percent_encode(std::string_view bytes)
{
    std::string text;
    text.reserve(bytes.size());
    for (const char c : bytes) {
        if (is_unreserved(c)) {
            text += c;
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        text += '%';
        text += hex_digits[octet >> 4U];
        text += hex_digits[octet & 15U];
    }
    return text;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space)
{
    std::string bytes;
    bytes.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); i++) {
        if (text[i] != '%') {
            bytes += text[i] == '+' && plus_is_space ? ' ' : text[i];
            continue;
        }
        if (text.size() - i < 3) {
            return std::nullopt;
        }
        const auto high = hex_value(text[i + 1]);
        const auto low = hex_value(text[i + 2]);
        if (!high || !low) {
            return std::nullopt;
        }
        bytes += static_cast<char>(*high << 4U | *low);
        i += 2;
    }
    return bytes;
}

std::string html_escape(std::string_view text)
{
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text) {
        switch (c) {
        case '&':
            escaped += "&amp;";
            break;
        case '<':
            escaped += "&lt;";
            break;
        case '>':
            escaped += "&gt;";
            break;
        case '"':
            escaped += "&quot;";
            break;
        case '\'':
            escaped += "&#39;";
            break;
        default:
            escaped += c;
        }
    }
    return escaped;
}

std::string json_quote(std::string_view text)
{
    JsonValue value{json_stringn(text.data(), text.size())};
    if (!value) {
        const std::string repaired = repair_utf8(text);
        value.reset(json_stringn(repaired.data(), repaired.size()));
    }
    const std::unique_ptr<char, Free> literal{json_dumps(value.get(), JSON_ENCODE_ANY)};
    if (!literal) {
        throw Error{Fault::internal, "out of memory"};
    }
    return literal.get();
}

} // namespace ciam::base
