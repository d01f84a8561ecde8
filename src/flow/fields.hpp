// The compact layout of what this server seals for itself: numbers and length-prefixed fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ciam::flow {

class FieldWriter {
public:
    /// `expected`: bytes to come. A text that holds secrets gives enough, so that growing leaves
    /// none behind.
    explicit FieldWriter(std::size_t expected = 0) { text_.reserve(expected); }
    /// Uses the memory of a text, which is lost.
    explicit FieldWriter(std::string&& memory) : text_(std::move(memory)) { text_.clear(); }

    /// Seven bits a byte, the low ones first; 1 to 10 bytes.
    FieldWriter& number(std::uint64_t value)
    {
        if (value >= 0x80) {
            return long_number(value);
        }
        text_ += static_cast<char>(value);
        return *this;
    }
    /// Without its length: for bytes of a length that the reader knows.
    FieldWriter& bytes(std::string_view bytes);
    /// With its length before it.
    FieldWriter& field(std::string_view bytes);

    /// Who knows how to add bytes.
    std::string& text() { return text_; }
    std::string take() { return std::move(text_); }

private:
    FieldWriter& long_number(std::uint64_t value);

    std::string text_;
};

/// Reads what FieldWriter wrote; allocates and throws nothing. What is asked for and is not there
/// reads as 0 or empty, and so does all that follows: look at failed() at the end.
class FieldReader {
public:
    explicit FieldReader(std::string_view text) : rest_(text) {}

    std::uint64_t number()
    {
        // In one byte is what nearly all are.
        if (!rest_.empty() && static_cast<unsigned char>(rest_.front()) < 0x80) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            return byte;
        }
        return long_number();
    }
    std::string_view bytes(std::uint64_t count)
    {
        if (count > rest_.size()) {
            fail_reading();
            return {};
        }
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }
    std::string_view field() { return bytes(number()); }

    std::string_view rest() const { return rest_; }
    bool has_more() const { return !rest_.empty(); }
    bool failed() const { return failed_; }
    /// For who finds that what it has read makes no sense.
    void fail() { fail_reading(); }

private:
    std::uint64_t long_number();
    void fail_reading();

    std::string_view rest_;
    bool failed_ = false;
};

} // namespace ciam::flow
