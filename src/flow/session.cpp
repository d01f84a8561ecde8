#include "flow/session.hpp"

#include "flow/cookie_value.hpp"
#include "flow/fields.hpp"

#include <algorithm>

namespace ciam::flow {

namespace {

constexpr std::uint64_t layout_version = 1;
constexpr std::string_view hot_kind = "hot";
constexpr std::string_view cold_kind = "cold";
constexpr std::size_t max_cookies = 4; // a neighbour domain may set any number

std::uint64_t unsigned_of(base::Seconds time)
{
    return static_cast<std::uint64_t>(time);
}

base::Secret write_hot(const Session& session)
{
    std::size_t size = 64 + session.subject.size() + session.sid.size();
    for (const oidc::ClaimText& claim : session.claims) {
        size += 8 + claim.key.size() + claim.text.size();
    }
    FieldWriter writer{size};
    writer.number(layout_version)
        .number(session.generation)
        .number(unsigned_of(session.created))
        .number(unsigned_of(session.limit))
        .field(session.subject)
        .field(session.sid);
    for (const oidc::ClaimText& claim : session.claims) {
        writer.field(claim.key).field(claim.text);
    }
    return base::Secret{writer.take()};
}

base::Secret write_cold(const SessionTokens& tokens)
{
    FieldWriter writer{64 + tokens.id_token.size() + tokens.access_token.size() +
                       tokens.userinfo.size()};
    writer.number(layout_version)
        .field(tokens.id_token)
        .field(tokens.access_token)
        .field(tokens.userinfo);
    return base::Secret{writer.take()};
}

std::optional<SessionTokens> read_cold(std::string_view text)
{
    FieldReader reader{text};
    const std::uint64_t version = reader.number();
    SessionTokens tokens;
    tokens.id_token = reader.field();
    tokens.access_token = reader.field();
    tokens.userinfo = reader.field();
    if (reader.failed() || reader.has_more() || version != layout_version) {
        return std::nullopt;
    }
    return tokens;
}

bool is_empty(const SessionTokens& tokens)
{
    return tokens.id_token.empty() && tokens.access_token.empty() && tokens.userinfo.empty();
}

base::RecordId sid_tag(const jose::Mac& mac, std::string_view provider, std::string_view sid)
{
    return mac("ciam sid", {provider, sid});
}

base::RecordId subject_tag(const jose::Mac& mac, std::string_view provider,
                           std::string_view subject)
{
    return mac("ciam subject", {provider, subject});
}

} // namespace

std::optional<SessionView> SessionView::parse(std::string_view text)
{
    FieldReader reader{text};
    const std::uint64_t version = reader.number();
    reader.number(); // generation
    SessionView view;
    view.created_ = static_cast<base::Seconds>(reader.number());
    view.limit_ = static_cast<base::Seconds>(reader.number());
    view.subject_ = reader.field();
    view.sid_ = reader.field();
    view.claims_ = reader.rest();
    while (reader.has_more()) {
        reader.field();
        reader.field();
    }
    if (reader.failed() || version != layout_version) {
        return std::nullopt;
    }
    return view;
}

std::optional<std::string_view> SessionView::claim(std::string_view key) const
{
    FieldReader reader{claims_};
    while (reader.has_more()) {
        const std::string_view name = reader.field();
        const std::string_view text = reader.field();
        if (name == key) {
            return text;
        }
    }
    return std::nullopt;
}

SessionSealer::SessionSealer(const jose::Keyring& keyring, const oidc::Client& client)
    : keyring_(keyring), client_(client), prefix_(FieldWriter{}
                                                      .number(layout_version)
                                                      .field(client.provider)
                                                      .field(client.issuer)
                                                      .field(client.client_id)
                                                      .take())
{
    associated_.reserve(prefix_.size() + sizeof(base::RecordId) + cold_kind.size());
}

base::Secret SessionSealer::new_cookie()
{
    return base::Secret{new_cookie_value()};
}

bool SessionSealer::is_cookie(std::string_view cookie)
{
    return is_cookie_value(cookie);
}

SessionKeys SessionSealer::keys(std::string_view cookie, const jose::Mac& mac) const
{
    // Labels this short leave one block of SHA-256 for the whole input.
    return {mac("id", {cookie}), mac("key", {cookie})};
}

std::vector<SessionKeys> SessionSealer::candidates(const std::vector<std::string>& cookies) const
{
    std::vector<std::string_view> taken;
    for (const std::string& cookie : cookies) {
        if (is_cookie(cookie) && taken.size() < max_cookies &&
            std::find(taken.begin(), taken.end(), cookie) == taken.end()) {
            taken.push_back(cookie);
        }
    }
    std::vector<SessionKeys> found;
    for (const std::string_view cookie : taken) {
        for (const jose::Mac& mac : keyring_.all()) {
            found.push_back(keys(cookie, mac));
        }
    }
    return found;
}

base::Record SessionSealer::seal(const SessionKeys& keys, const Session& session,
                                 const SessionTokens& tokens) const
{
    const jose::Sealer& sealer = keyring_.sealer();
    base::Record record;
    record.hot = sealer.seal(keys.key, write_hot(session).view(), associated(keys.id, hot_kind));
    if (!is_empty(tokens)) {
        record.cold =
            sealer.seal(keys.key, write_cold(tokens).view(), associated(keys.id, cold_kind));
    }
    record.idle_timeout = client_.session_timeout;
    record.limit = session.limit;
    record.tags.push_back(subject_tag(keyring_.first(), client_.provider, session.subject));
    if (!session.sid.empty()) {
        record.tags.push_back(sid_tag(keyring_.first(), client_.provider, session.sid));
    }
    return record;
}

bool SessionSealer::open_hot(const SessionKeys& keys, const base::Record& record, base::Seconds now,
                             std::string& text) const noexcept
{
    if (!keyring_.sealer().open(keys.key, record.hot, associated(keys.id, hot_kind), text)) {
        return false;
    }
    // The limit that counts is the sealed one: the store's may have been written by anybody.
    const auto session = SessionView::parse(text);
    if (session && now < session->limit()) {
        return true;
    }
    text.clear();
    return false;
}

std::optional<SessionTokens> SessionSealer::open_cold(const SessionKeys& keys,
                                                      const base::Record& record) const
{
    if (record.cold.empty()) {
        return SessionTokens{};
    }
    std::string text;
    keyring_.sealer().open(keys.key, record.cold, associated(keys.id, cold_kind), text);
    const base::Secret wiped{std::move(text)};
    return read_cold(wiped.view());
}

std::vector<base::RecordId> SessionSealer::sid_tags(std::string_view sid) const
{
    std::vector<base::RecordId> tags;
    for (const jose::Mac& mac : keyring_.all()) {
        tags.push_back(sid_tag(mac, client_.provider, sid));
    }
    return tags;
}

// Built in place, in memory that is there already: this is on the way of every request.
std::string_view SessionSealer::associated(const base::RecordId& id,
                                           std::string_view kind) const noexcept
{
    associated_.assign(prefix_);
    associated_.append(jose::view(id)).append(kind);
    return associated_;
}

} // namespace ciam::flow
