#include "flow/opened_sessions.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <openssl/crypto.h>
#include <sys/mman.h>

namespace ciam::flow {

namespace {

constexpr std::size_t cookie_bytes = 43;
constexpr std::size_t stamp_bytes = 32; // the record's tag, and ciphertext before it
constexpr std::size_t most_text = 832;
constexpr std::size_t sets = 2048;
constexpr std::size_t ways = 8;
constexpr base::Seconds idle_for = 60;

/// Part of the cookie, which is random where it is a session's.
std::uint64_t mark_of(std::string_view cookie) noexcept
{
    std::uint64_t mark = 0;
    std::memcpy(&mark, cookie.data(), sizeof(mark));
    return mark;
}

std::size_t set_of(std::uint64_t mark) noexcept
{
    constexpr std::uint64_t odd = 0x9E3779B97F4A7C15; // spreads what differs in any bit
    return static_cast<std::size_t>((mark * odd) >> 53);
}
static_assert(sets == std::size_t{1} << (64 - 53));

std::string_view stamp_of(const base::Record& record) noexcept
{
    const std::string_view hot = record.hot;
    return hot.size() < stamp_bytes ? std::string_view{} : hot.substr(hot.size() - stamp_bytes);
}

} // namespace

struct OpenedSessions::Entry {
    const SessionSealer* sealer;
    const jose::Mac* mac;
    base::Seconds used_at;
    std::uint32_t text_size;
    std::array<char, cookie_bytes> cookie;
    std::array<char, stamp_bytes> stamp;
    SessionKeys keys;
    std::array<char, most_text> text;

    std::string_view seen_text() const noexcept { return {text.data(), text_size}; }
};

struct OpenedSessions::Table {
    // In a line of their own, so that a look is at one line until it has found. 0: never used, or
    // forgotten.
    std::array<std::array<std::uint64_t, ways>, sets> marks;
    std::array<std::array<Entry, ways>, sets> entries;
};

OpenedSessions::~OpenedSessions()
{
    if (table_ != nullptr) {
        forget_idle(std::numeric_limits<base::Seconds>::max());
        munmap(table_, sizeof(Table));
    }
}

OpenedSessions::Entry* OpenedSessions::find(const Place& place) const noexcept
{
    if (table_ == nullptr || place.cookie.size() != cookie_bytes) {
        return nullptr;
    }
    const auto mark = mark_of(place.cookie);
    const auto set = set_of(mark);
    for (std::size_t way = 0; way < ways; ++way) {
        Entry& entry = table_->entries[set][way];
        if (table_->marks[set][way] == mark && entry.sealer == &place.sealer &&
            entry.mac == &place.mac &&
            CRYPTO_memcmp(entry.cookie.data(), place.cookie.data(), cookie_bytes) == 0) {
            return &entry;
        }
    }
    return nullptr;
}

std::optional<SessionKeys> OpenedSessions::keys(const Place& place) const noexcept
{
    const Entry* entry = find(place);
    return entry != nullptr ? std::optional{entry->keys} : std::nullopt;
}

std::string_view OpenedSessions::text(const Place& place, const base::Record& record,
                                      base::Seconds now) noexcept
{
    Entry* entry = find(place);
    const auto stamp = stamp_of(record);
    // Another record of the same session has another tag, whatever its version says.
    if (entry == nullptr || stamp.empty() ||
        std::memcmp(entry->stamp.data(), stamp.data(), stamp_bytes) != 0 ||
        now >= SessionView::limit_in(entry->seen_text())) {
        return {};
    }
    entry->used_at = now;
    return entry->seen_text();
}

bool OpenedSessions::has_memory() noexcept
{
    if (table_ == nullptr) {
        void* memory = mmap(nullptr, sizeof(Table), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            return false;
        }
        madvise(memory, sizeof(Table), MADV_DONTDUMP);
        table_ = static_cast<Table*>(memory);
    }
    return true;
}

/// Its own, a free one, or that of who was here longest ago.
OpenedSessions::Entry& OpenedSessions::entry_for(const Place& place) noexcept
{
    if (Entry* known = find(place)) {
        return *known;
    }
    const auto mark = mark_of(place.cookie);
    auto& marks = table_->marks[set_of(mark)];
    auto& entries = table_->entries[set_of(mark)];
    const auto oldest =
        std::min_element(entries.begin(), entries.end(),
                         [](const Entry& a, const Entry& b) { return a.used_at < b.used_at; });
    const auto way = static_cast<std::size_t>(oldest - entries.begin());
    marks[way] = mark;
    return entries[way];
}

void OpenedSessions::keep(const Place& place, const Opened& opened, base::Seconds now) noexcept
{
    const auto text = opened.text;
    const auto stamp = stamp_of(opened.record);
    if (place.cookie.size() != cookie_bytes || stamp.empty() || text.size() > most_text ||
        !has_memory()) {
        return;
    }
    Entry& entry = entry_for(place);
    OPENSSL_cleanse(&entry, sizeof(entry));
    entry.sealer = &place.sealer;
    entry.mac = &place.mac;
    entry.used_at = now;
    entry.keys = opened.keys;
    entry.text_size = static_cast<std::uint32_t>(text.size());
    std::copy(place.cookie.begin(), place.cookie.end(), entry.cookie.begin());
    std::copy(stamp.begin(), stamp.end(), entry.stamp.begin());
    std::copy(text.begin(), text.end(), entry.text.begin());
}

void OpenedSessions::forget(const Place& place) noexcept
{
    if (Entry* entry = find(place)) {
        OPENSSL_cleanse(entry, sizeof(*entry)); // its mark leads to nothing then
    }
}

void OpenedSessions::forget_idle(base::Seconds now) noexcept
{
    if (table_ == nullptr) {
        return;
    }
    for (std::size_t set = 0; set < sets; ++set) {
        for (std::size_t way = 0; way < ways; ++way) {
            // Memory that was never used is not touched.
            if (table_->marks[set][way] == 0) {
                continue;
            }
            Entry& entry = table_->entries[set][way];
            if (entry.sealer != nullptr && now - entry.used_at > idle_for) {
                OPENSSL_cleanse(&entry, sizeof(entry));
                table_->marks[set][way] = 0;
            }
        }
    }
}

} // namespace ciam::flow
