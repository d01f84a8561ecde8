// Short spellings of texts that sessions are full of: UUIDs, random strings, hexadecimal numbers,
// names of standard claims.
#pragma once

#include "flow/fields.hpp"

#include <string>
#include <string_view>

namespace ciam::flow {

/// Writes the text in its shortest spelling, from which ShortText makes exactly the same.
void write_short_text(FieldWriter& writer, std::string_view text);

class ShortText {
public:
    /// What was not written so makes the reader fail.
    static ShortText read(FieldReader& reader);

    /// Of the text.
    std::size_t size() const;
    void add_to(std::string& text) const;

private:
    unsigned spelling_ = 0;
    std::string_view bytes_;
};

/// A claim's key: one byte for the names that standards and providers have given.
void write_claim_key(FieldWriter& writer, std::string_view key);
std::string_view read_claim_key(FieldReader& reader);

/// Every name that has a short spelling, as JSON has them; the texts never change.
std::string_view claim_names_as_json();

} // namespace ciam::flow
