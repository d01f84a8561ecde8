// Compression without a header (RFC 1951, zlib does it), of short texts that have much in common
// with a dictionary that both sides know.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ciam::base {

/// Texts may be secret: what zlib had in its memory is wiped.
std::string deflate(std::string_view text, std::string_view dictionary);

/// nullopt when the bytes are not of deflate(), or the text is longer than `most`. Another
/// dictionary gives another text: who may have another one has to know it.
std::optional<std::string> inflate(std::string_view bytes, std::string_view dictionary,
                                   std::size_t most);

} // namespace ciam::base
