// How a session is written before it is sealed. The hot part is written in short spellings and
// spelled out when it is opened; the text of it is what SessionView reads.
#pragma once

#include "base/secret.hpp"
#include "flow/session.hpp"

namespace ciam::flow {

/// Of what is sealed; a session of another one is not opened.
constexpr std::uint64_t session_layout = 3;
/// Of the text that SessionView reads.
constexpr std::uint64_t view_layout = 2;

base::Secret write_hot(const Session& session);
/// Makes of it the text that SessionView reads. False when it is not of this layout.
bool spell_out_hot(std::string_view written, std::string& text);

/// The text that SessionView reads, of a session that is sealed nowhere.
base::Secret spelled_out(const Session& session);

/// `dictionary` is asked for when the access token is known.
using DictionaryOf = std::function<std::string(std::string_view access_token)>;
base::Secret write_cold(const SessionTokens& tokens, const DictionaryOf& dictionary_of);
std::optional<SessionTokens> read_cold(std::string_view text, const DictionaryOf& dictionary_of);

} // namespace ciam::flow
