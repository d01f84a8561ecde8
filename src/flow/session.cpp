#include "flow/session.hpp"

#include "flow/cookie_value.hpp"
#include "flow/fields.hpp"
#include "flow/session_layout.hpp"
#include "flow/token_dictionary.hpp"

#include <algorithm>
#include <openssl/crypto.h>

namespace ciam::flow {

namespace {

constexpr std::string_view hot_kind = "hot";
constexpr std::string_view cold_kind = "cold";
constexpr std::size_t max_cookies = 4; // a neighbour domain may set any number

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
    SessionView view;
    view.generation_ = reader.number();
    view.created_ = static_cast<base::Seconds>(reader.number());
    view.limit_ = static_cast<base::Seconds>(reader.number());
    view.token_expiry_ = static_cast<base::Seconds>(reader.number());
    view.subject_ = reader.field();
    view.sid_ = reader.field();
    view.claims_ = reader.rest();
    while (reader.has_more()) {
        reader.field();
        reader.field();
    }
    if (reader.failed() || version != view_layout) {
        return std::nullopt;
    }
    return view;
}

base::Seconds SessionView::limit_in(std::string_view text)
{
    FieldReader reader{text};
    reader.number(); // layout
    reader.number(); // generation
    reader.number(); // created
    return static_cast<base::Seconds>(reader.number());
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

void SessionView::each_claim(
    const std::function<void(std::string_view, std::string_view)>& show) const
{
    FieldReader reader{claims_};
    while (reader.has_more()) {
        const std::string_view name = reader.field();
        show(name, reader.field());
    }
}

SessionSealer::SessionSealer(const jose::Keyring& keyring, const oidc::Client& client)
    : keyring_(keyring), client_(client), prefix_(FieldWriter{}
                                                      .number(session_layout)
                                                      .field(client.provider)
                                                      .field(client.client_id)
                                                      .field(client.issuer)
                                                      .take()),
      dictionary_(provider_dictionary(client))
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
    // A label this short leaves one block of SHA-256 for the whole input.
    const auto key = mac("key", {cookie});
    return {hash_(jose::view(key)), key};
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
    const base::Secret hot = write_hot(session);
    record.hot = sealer.seal(keys.key, hot.view(), associated(keys.id, hot_kind));
    if (!tokens.empty()) {
        std::string text;
        spell_out_hot(hot.view(), text);
        const base::Secret spelled{std::move(text)};
        const base::Secret cold = write_cold(tokens, dictionary_for(spelled.view()));
        record.cold =
            sealer.seal_beside(record.hot, keys.key, cold.view(), associated(keys.id, cold_kind));
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
    if (open_hot(keys, record, text)) {
        // The limit that counts is the sealed one: the store's may have been written by anybody.
        if (now < SessionView::limit_in(text)) {
            return true;
        }
    }
    text.clear();
    return false;
}

bool SessionSealer::open_hot(const SessionKeys& keys, const base::Record& record,
                             std::string& text) const noexcept
try {
    const bool is_spelled_out =
        keyring_.sealer().open(keys.key, record.hot, associated(keys.id, hot_kind), opened_) &&
        spell_out_hot(opened_, text);
    OPENSSL_cleanse(opened_.data(), opened_.size());
    opened_.clear();
    return is_spelled_out;
} catch (...) {
    return false; // no memory
}

std::optional<SessionTokens> SessionSealer::open_cold(const SessionKeys& keys,
                                                      const base::Record& record) const
{
    if (record.cold.empty()) {
        return SessionTokens{};
    }
    std::string text;
    const bool is_open = open_hot(keys, record, text);
    const base::Secret hot{std::move(text)};
    auto opened = keyring_.sealer().open_beside(record.hot, keys.key, record.cold,
                                                associated(keys.id, cold_kind));
    if (!is_open || !opened) {
        return std::nullopt;
    }
    const base::Secret cold{std::move(*opened)};
    return read_cold(cold.view(), dictionary_for(hot.view()));
}

DictionaryOf SessionSealer::dictionary_for(std::string_view hot) const
{
    return [this, hot](std::string_view access_token) {
        return token_dictionary(dictionary_, hot, access_token);
    };
}

std::vector<base::RecordId> SessionSealer::sid_tags(std::string_view sid) const
{
    std::vector<base::RecordId> tags;
    for (const jose::Mac& mac : keyring_.all()) {
        tags.push_back(sid_tag(mac, client_.provider, sid));
    }
    return tags;
}

std::vector<base::RecordId> SessionSealer::subject_tags(std::string_view subject) const
{
    std::vector<base::RecordId> tags;
    for (const jose::Mac& mac : keyring_.all()) {
        tags.push_back(subject_tag(mac, client_.provider, subject));
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
