// Tokens as short as they can be kept: a signed one (RFC 7515 section 3.1) as what its parts are
// made of, compressed with a dictionary of what is known of the provider and the session.
#pragma once

#include "flow/fields.hpp"

#include <string>
#include <string_view>

namespace ciam::flow {

/// Writes any text so that read_short_token() with the same dictionary gives the same text, bit for
/// bit: whatever would not is written as it is.
void write_short_token(FieldWriter& writer, std::string_view token, std::string_view dictionary);

/// Empty when what is there is not of write_short_token(), the reader then fails.
std::string read_short_token(FieldReader& reader, std::string_view dictionary);

} // namespace ciam::flow
