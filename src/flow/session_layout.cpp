#include "flow/session_layout.hpp"

#include "flow/fields.hpp"
#include "flow/short_text.hpp"
#include "flow/short_token.hpp"

#include <algorithm>

namespace ciam::flow {
namespace {

std::uint64_t unsigned_of(base::Seconds time)
{
    return static_cast<std::uint64_t>(time);
}

/// As seconds since the session began and one more, so that it is small and 0 means none. Of the
/// time before nobody needs to know.
std::uint64_t expiry_since(base::Seconds created, base::Seconds expiry)
{
    return expiry == 0 ? 0 : 1 + unsigned_of(std::max<base::Seconds>(expiry - created, 0));
}

/// As a field that FieldReader reads.
void spell_out(FieldReader& reader, FieldWriter& writer)
{
    const auto text = ShortText::read(reader);
    text.add_to(writer.number(text.size()).text());
}

std::size_t room_for(const Session& session)
{
    std::size_t size = 64 + session.subject.size() + session.sid.size();
    for (const oidc::ClaimText& claim : session.claims) {
        size += 8 + claim.key.size() + claim.text.size();
    }
    return size;
}

} // namespace

base::Secret write_hot(const Session& session)
{
    FieldWriter writer{room_for(session)};
    writer.number(session_layout)
        .number(session.generation)
        .number(unsigned_of(session.created))
        .number(unsigned_of(session.limit - session.created))
        .number(expiry_since(session.created, session.token_expiry));
    write_short_text(writer, session.subject);
    write_short_text(writer, session.sid);
    for (const oidc::ClaimText& claim : session.claims) {
        write_claim_key(writer, claim.key);
        write_short_text(writer, claim.text);
    }
    return base::Secret{writer.take()};
}

bool spell_out_hot(std::string_view written, std::string& text)
{
    FieldReader reader{written};
    FieldWriter writer{std::move(text)};
    const auto layout = reader.number();
    writer.number(view_layout).number(reader.number()); // generation
    const auto created = reader.number();
    writer.number(created).number(created + reader.number());
    const auto expiry = reader.number();
    writer.number(expiry == 0 ? 0 : created + expiry - 1);
    spell_out(reader, writer); // subject
    spell_out(reader, writer); // sid
    while (reader.has_more()) {
        writer.field(read_claim_key(reader));
        spell_out(reader, writer);
    }
    text = writer.take();
    return layout == session_layout && !reader.failed();
}

base::Secret spelled_out(const Session& session)
{
    FieldWriter writer{room_for(session)};
    writer.number(view_layout)
        .number(session.generation)
        .number(unsigned_of(session.created))
        .number(unsigned_of(session.limit))
        .number(unsigned_of(session.token_expiry))
        .field(session.subject)
        .field(session.sid);
    for (const oidc::ClaimText& claim : session.claims) {
        writer.field(claim.key).field(claim.text);
    }
    return base::Secret{writer.take()};
}

base::Secret write_cold(const SessionTokens& tokens, const DictionaryOf& dictionary_of)
{
    FieldWriter writer{128 + tokens.id_token.size() + tokens.access_token.size() +
                       tokens.userinfo.size() + tokens.refresh_token.size()};
    writer.number(session_layout);
    write_short_token(writer, tokens.access_token, dictionary_of({}));
    const auto dictionary = dictionary_of(tokens.access_token);
    write_short_token(writer, tokens.refresh_token, dictionary);
    write_short_token(writer, tokens.id_token, dictionary);
    write_short_token(writer, tokens.userinfo, dictionary);
    if (!tokens.refresh_token.empty()) {
        writer.number(unsigned_of(tokens.auth_time)).field(tokens.nonce_mark);
    }
    return base::Secret{writer.take()};
}

std::optional<SessionTokens> read_cold(std::string_view text, const DictionaryOf& dictionary_of)
{
    FieldReader reader{text};
    const auto layout = reader.number();
    SessionTokens tokens;
    tokens.access_token = read_short_token(reader, dictionary_of({}));
    const auto dictionary = dictionary_of(tokens.access_token);
    tokens.refresh_token = read_short_token(reader, dictionary);
    tokens.id_token = read_short_token(reader, dictionary);
    tokens.userinfo = read_short_token(reader, dictionary);
    if (!tokens.refresh_token.empty()) {
        tokens.auth_time = static_cast<base::Seconds>(reader.number());
        tokens.nonce_mark = reader.field();
    }
    if (reader.failed() || reader.has_more() || layout != session_layout) {
        return std::nullopt;
    }
    return tokens;
}

} // namespace ciam::flow
