#include "flow/fields.hpp"

namespace ciam::flow {

namespace {

constexpr unsigned bits_a_byte = 7;
constexpr unsigned char more_follows = 0x80;

} // namespace

FieldWriter& FieldWriter::number(std::uint64_t value)
{
    while (value >= more_follows) {
        text_ += static_cast<char>(static_cast<unsigned char>(value) | more_follows);
        value >>= bits_a_byte;
    }
    text_ += static_cast<char>(value);
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
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += bits_a_byte) {
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & ~more_follows) << shift;
        if (byte < more_follows) {
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
