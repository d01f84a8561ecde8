#include "flow/short_token.hpp"

#include "base/deflate.hpp"
#include "base/encoding.hpp"
#include "base/secret.hpp"
#include "flow/short_text.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <vector>

namespace ciam::flow {
namespace {

enum Form : unsigned { text_form, compressed_form, signed_form };

constexpr std::size_t longest = 1 << 20; // a token response is not longer
constexpr char mark = '\x01';            // stands for a random string that is kept beside the text
constexpr std::size_t worth_taking = 20;

bool is_token_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

// Random strings are incompressible, and as bytes they are shorter: they are taken out of the text
// before it is compressed.
class Squeezed {
public:
    Squeezed(std::string_view text, std::string_view dictionary) : dictionary_(dictionary)
    {
        rest_.reserve(text.size());
        for (std::size_t at = 0; at < text.size();) {
            const auto end = static_cast<std::size_t>(
                std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(),
                                 is_token_character) -
                text.begin());
            add(text.substr(at, end - at));
            rest_.append(text.substr(end, 1));
            at = end + 1;
        }
    }

    void write(FieldWriter& writer) const
    {
        const base::Secret bytes{base::deflate(rest_, dictionary_)};
        writer.number(random_.size());
        for (const auto text : random_) {
            write_short_text(writer, text);
        }
        writer.field(bytes.view());
    }

private:
    void add(std::string_view run)
    {
        if (run.size() >= worth_taking && dictionary_.find(run) == std::string_view::npos) {
            random_.push_back(run);
            rest_ += mark;
        } else {
            rest_ += run;
        }
    }

    std::string_view dictionary_;
    std::string rest_;
    std::vector<std::string_view> random_;
};

std::string read_squeezed(FieldReader& reader, std::string_view dictionary)
{
    std::vector<std::string> random;
    const auto count = std::min<std::uint64_t>(reader.number(), reader.rest().size());
    for (std::uint64_t i = 0; i < count; ++i) {
        ShortText::read(reader).add_to(random.emplace_back());
    }
    const auto rest = base::inflate(reader.field(), dictionary, longest);
    if (!rest) {
        reader.fail();
        return {};
    }
    std::string text;
    auto next = random.begin();
    for (const char c : *rest) {
        if (c == mark && next != random.end()) {
            text += *next++;
        } else {
            text += c;
        }
    }
    return text;
}

struct SignedParts {
    base::Secret header;
    base::Secret payload;
    base::Secret signature;
};

std::optional<SignedParts> parts_of(std::string_view token)
{
    const auto first = token.find('.');
    const auto second = first == token.npos ? first : token.find('.', first + 1);
    if (second == token.npos || token.find('.', second + 1) != token.npos) {
        return std::nullopt;
    }
    auto header = base::base64url_decode(token.substr(0, first));
    auto payload = base::base64url_decode(token.substr(first + 1, second - first - 1));
    auto signature = base::base64url_decode(token.substr(second + 1));
    if (!header || !payload || !signature) {
        return std::nullopt;
    }
    return SignedParts{base::Secret{std::move(*header)}, base::Secret{std::move(*payload)},
                       base::Secret{std::move(*signature)}};
}

std::string written(Form form, std::string_view token, std::string_view dictionary)
{
    FieldWriter writer{token.size() + 64};
    writer.number(form);
    if (form == text_form) {
        write_short_text(writer, token);
    } else if (form == compressed_form) {
        Squeezed{token, dictionary}.write(writer);
    } else if (const auto parts = parts_of(token)) {
        const base::Secret text{std::string{parts->header.view()}.append(parts->payload.view())};
        writer.field(parts->signature.view()).number(parts->header.view().size());
        Squeezed{text.view(), dictionary}.write(writer);
    } else {
        return {};
    }
    return writer.take();
}

std::string read_signed(FieldReader& reader, std::string_view dictionary)
{
    const auto signature = reader.field();
    const auto header_size = reader.number();
    const base::Secret text{read_squeezed(reader, dictionary)};
    if (header_size > text.view().size()) {
        reader.fail();
        return {};
    }
    return base::base64url_encode(text.view().substr(0, header_size)) + "." +
           base::base64url_encode(text.view().substr(header_size)) + "." +
           base::base64url_encode(signature);
}

bool reads_back(std::string_view bytes, std::string_view token, std::string_view dictionary)
{
    FieldReader reader{bytes};
    const base::Secret again{read_short_token(reader, dictionary)};
    return !reader.failed() && !reader.has_more() && again.view() == token;
}

} // namespace

void write_short_token(FieldWriter& writer, std::string_view token, std::string_view dictionary)
{
    base::Secret best{written(text_form, token, dictionary)};
    constexpr std::size_t too_short = 64; // for a dictionary to be of use
    if (token.size() > too_short && token.size() < longest) {
        for (const auto form : {signed_form, compressed_form}) {
            base::Secret bytes{written(form, token, dictionary)};
            if (!bytes.empty() && bytes.view().size() < best.view().size() &&
                reads_back(bytes.view(), token, dictionary)) {
                best = std::move(bytes);
                break;
            }
        }
    }
    writer.bytes(best.view());
}

std::string read_short_token(FieldReader& reader, std::string_view dictionary)
{
    std::string token;
    switch (reader.number()) {
    case text_form:
        ShortText::read(reader).add_to(token);
        break;
    case compressed_form:
        token = read_squeezed(reader, dictionary);
        break;
    case signed_form:
        token = read_signed(reader, dictionary);
        break;
    default:
        reader.fail();
    }
    return reader.failed() ? std::string{} : token;
}

} // namespace ciam::flow
