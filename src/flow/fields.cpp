#include "flow/fields.hpp"

#include <algorithm>
#include <array>

namespace ciam::flow {

namespace {

constexpr unsigned bits_a_byte = 7;
constexpr std::size_t most_bytes = 10; // of 64 bits
constexpr unsigned char more_follows = 0x80;

} // namespace

FieldWriter& FieldWriter::long_number(std::uint64_t value)
{
    std::array<char, most_bytes> bytes{};
    std::size_t count = 0;
    for (; value >= more_follows; value >>= bits_a_byte) {
        bytes[count++] = static_cast<char>(static_cast<unsigned char>(value) | more_follows);
    }
    bytes[count++] = static_cast<char>(value);
    text_.append(bytes.data(), count);
    return *this;
}

FieldWriter& FieldWriter::bytes(std::string_view bytes)
{
    text_ += bytes;
    return *this;
}

FieldWriter& FieldWriter::field(std::string_view bytes)
{
    return number(bytes.size()).bytes(bytes);
}

std::uint64_t FieldReader::long_number()
{
    std::uint64_t value = 0;
    const auto most = std::min(rest_.size(), most_bytes);
    for (std::size_t i = 0; i < most; ++i) {
        const auto byte = static_cast<unsigned char>(rest_.data()[i]);
        value |= static_cast<std::uint64_t>(byte & ~more_follows) << (i * bits_a_byte);
        if (byte < more_follows) {
            rest_.remove_prefix(i + 1);
            return value;
        }
    }
    fail_reading();
    return 0;
}

void FieldReader::fail_reading()
{
    failed_ = true;
    rest_ = {};
}

} // namespace ciam::flow
