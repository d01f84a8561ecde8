#include "store/cache_note.hpp"

#include <cstring>

namespace ciam::store {
namespace {

constexpr std::uint64_t magic = 0x6369616d6e6f7465;

struct Layout {
    std::uint64_t magic = 0;
    CacheNote note;
};

} // namespace

void add_note(base::Record& record, const CacheNote& note)
{
    const Layout layout{magic, note};
    record.hot.append(reinterpret_cast<const char*>(&layout), sizeof(layout));
}

std::optional<CacheNote> take_note(base::Record& record)
{
    Layout layout{};
    if (record.hot.size() < sizeof(layout)) {
        return std::nullopt;
    }
    const auto begin = record.hot.size() - sizeof(layout);
    std::memcpy(&layout, record.hot.data() + begin, sizeof(layout));
    if (layout.magic != magic) {
        return std::nullopt;
    }
    record.hot.resize(begin);
    return layout.note;
}

} // namespace ciam::store
