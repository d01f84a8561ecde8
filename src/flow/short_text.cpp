#include "flow/short_text.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <array>

namespace ciam::flow {
namespace {

enum Spelling : unsigned { plain, uuid, base64url, hexadecimal };

constexpr unsigned spelling_bits = 2;
constexpr std::size_t uuid_bytes = 16;
constexpr std::string_view uuid_form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
constexpr std::string_view digits = "0123456789abcdef";

// Sealed sessions name them by their place: what is here stays, new ones come at the end.
constexpr std::array<std::string_view, 63> claim_names = {"sub",
                                                          "email",
                                                          "email_verified",
                                                          "name",
                                                          "given_name",
                                                          "family_name",
                                                          "preferred_username",
                                                          "locale",
                                                          "groups",
                                                          "roles",
                                                          "phone_number",
                                                          "phone_number_verified",
                                                          "birthdate",
                                                          "gender",
                                                          "zoneinfo",
                                                          "picture",
                                                          "profile",
                                                          "website",
                                                          "middle_name",
                                                          "nickname",
                                                          "address",
                                                          "updated_at",
                                                          "acr",
                                                          "amr",
                                                          "azp",
                                                          "sid",
                                                          "iss",
                                                          "aud",
                                                          "exp",
                                                          "iat",
                                                          "nbf",
                                                          "auth_time",
                                                          "nonce",
                                                          "at_hash",
                                                          "c_hash",
                                                          "jti",
                                                          "org_id",
                                                          "org_name",
                                                          "tid",
                                                          "oid",
                                                          "upn",
                                                          "username",
                                                          "org_handle",
                                                          "user_org",
                                                          "realm_access",
                                                          "resource_access",
                                                          "session_state",
                                                          "typ",
                                                          "scope",
                                                          "country",
                                                          "region",
                                                          "locality",
                                                          "postal_code",
                                                          "street_address",
                                                          "formatted",
                                                          "isk",
                                                          "ver",
                                                          "idp",
                                                          "rt_hash",
                                                          "entitlements",
                                                          "customer_id",
                                                          "account_id",
                                                          "tier"};

bool is_hexadecimal(char c)
{
    return digits.find(c) != std::string_view::npos;
}

bool is_uuid(std::string_view text)
{
    return text.size() == uuid_form.size() &&
           std::equal(text.begin(), text.end(), uuid_form.begin(),
                      [](char c, char form) { return form == '-' ? c == '-' : is_hexadecimal(c); });
}

bool is_hexadecimal(std::string_view text)
{
    return text.size() % 2 == 0 &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_hexadecimal(c); });
}

/// Of an even number of digits; hyphens are passed over.
std::string from_hexadecimal(std::string_view text)
{
    std::string bytes;
    unsigned value = 1;
    for (const char c : text) {
        if (c == '-') {
            continue;
        }
        value = value << 4U | static_cast<unsigned>(digits.find(c));
        if (value > 0xff) {
            bytes += static_cast<char>(value);
            value = 1;
        }
    }
    return bytes;
}

char* put_hexadecimal(std::string_view bytes, char* to)
{
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        *to++ = digits[byte >> 4U];
        *to++ = digits[byte & 0xfU];
    }
    return to;
}

void add_hexadecimal(std::string_view bytes, std::string& text)
{
    const auto before = text.size();
    text.resize(before + 2 * bytes.size());
    put_hexadecimal(bytes, text.data() + before);
}

/// On the way of every request: a session has two as a rule.
void add_uuid(std::string_view bytes, std::string& text)
{
    auto form = std::array<char, uuid_form.size()>{};
    std::copy(uuid_form.begin(), uuid_form.end(), form.begin());
    auto* to = form.data();
    for (const auto size : {4U, 2U, 2U, 2U, 6U}) {
        to = put_hexadecimal(bytes.substr(0, size), to);
        to += bytes.size() > size ? 1 : 0; // the hyphen
        bytes.remove_prefix(size);
    }
    text.append(form.data(), form.size());
}

void write(FieldWriter& writer, Spelling spelling, std::string_view bytes)
{
    writer.number(std::uint64_t{bytes.size()} << spelling_bits | spelling).bytes(bytes);
}

} // namespace

void write_short_text(FieldWriter& writer, std::string_view text)
{
    constexpr std::size_t long_number = 8;
    constexpr std::size_t long_random = 20; // shorter ones are words, and are read often
    if (is_uuid(text)) {
        write(writer, uuid, from_hexadecimal(text));
    } else if (text.size() >= long_number && is_hexadecimal(text)) {
        write(writer, hexadecimal, from_hexadecimal(text));
    } else if (const auto bytes =
                   text.size() >= long_random ? base::base64url_decode(text) : std::nullopt) {
        write(writer, base64url, *bytes);
    } else {
        write(writer, plain, text);
    }
}

ShortText ShortText::read(FieldReader& reader)
{
    const auto number = reader.number();
    ShortText text;
    text.spelling_ = static_cast<unsigned>(number & ((1U << spelling_bits) - 1));
    text.bytes_ = reader.bytes(number >> spelling_bits);
    if (text.spelling_ == uuid && text.bytes_.size() != uuid_bytes) {
        reader.fail();
        return {};
    }
    return text;
}

std::size_t ShortText::size() const
{
    switch (spelling_) {
    case uuid:
        return uuid_form.size();
    case base64url:
        return (bytes_.size() * 4 + 2) / 3; // RFC 4648 section 5, without padding
    case hexadecimal:
        return bytes_.size() * 2;
    default:
        return bytes_.size();
    }
}

void ShortText::add_to(std::string& text) const
{
    switch (spelling_) {
    case uuid:
        return add_uuid(bytes_, text);
    case base64url:
        text += base::base64url_encode(bytes_);
        return;
    case hexadecimal:
        return add_hexadecimal(bytes_, text);
    default:
        text += bytes_;
    }
}

void write_claim_key(FieldWriter& writer, std::string_view key)
{
    const auto* found = std::find(claim_names.begin(), claim_names.end(), key);
    if (found != claim_names.end()) {
        writer.number(static_cast<std::uint64_t>(found - claim_names.begin()) << 1U | 1U);
    } else {
        writer.number(std::uint64_t{key.size()} << 1U).bytes(key);
    }
}

std::string_view read_claim_key(FieldReader& reader)
{
    const auto number = reader.number();
    const auto value = number >> 1U;
    if ((number & 1U) == 0) {
        return reader.bytes(value);
    }
    if (value >= claim_names.size()) {
        reader.fail();
        return {};
    }
    return claim_names[value];
}

std::string_view claim_names_as_json()
{
    static const std::string text = [] {
        std::string all;
        for (const auto name : claim_names) {
            all.append(R"(",")").append(name).append(R"(":")");
        }
        return all;
    }();
    return text;
}

} // namespace ciam::flow
