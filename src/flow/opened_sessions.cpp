#include "flow/opened_sessions.hpp"

#include "base/prefetch.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <openssl/crypto.h>
#include <sys/mman.h>

namespace ciam::flow {

namespace {

constexpr std::size_t unit_bytes = base::line_bytes;
constexpr unsigned unit_bits = 18; // of a reference: where the entry is
constexpr std::uint32_t all_units = 1U << unit_bits;
constexpr std::size_t most_text = 2048;
constexpr unsigned set_bits = 11;
constexpr std::size_t ways = 16; // one line of references
constexpr std::size_t usual_lines = 6;
constexpr base::Seconds idle_for = 60;

/// Where an entry is, and before that as much of its hash as there is room for. 0: nothing.
using Reference = std::uint32_t;
using Set = std::array<Reference, ways>;
static_assert(sizeof(Set) == unit_bytes);

/// A session's cookie is random; this spreads what differs in any bit of its beginning.
std::uint64_t hash_of(std::string_view cookie) noexcept
{
    constexpr std::uint64_t odd = 0x9E3779B97F4A7C15;
    std::uint64_t begin = 0;
    std::memcpy(&begin, cookie.data(), sizeof(begin));
    return begin * odd;
}

std::size_t set_number(std::uint64_t hash) noexcept
{
    return static_cast<std::size_t>(hash >> (64U - set_bits));
}

Reference part_of(std::uint64_t hash) noexcept
{
    return static_cast<Reference>(hash >> (64U - set_bits - (32U - unit_bits))) << unit_bits;
}

std::uint32_t unit_of(Reference reference) noexcept
{
    return reference & (all_units - 1);
}

std::uint32_t short_time(base::Seconds time) noexcept
{
    return static_cast<std::uint32_t>(time);
}

} // namespace

/// References in sets, and entries one after the other in a ring: the new take the room of the
/// oldest.
struct OpenedSessions::Memory {
    std::array<Set, std::size_t{1} << set_bits> sets;
    std::uint32_t next;    // unit that is written next
    std::uint32_t oldest;  // entry of the round before that is still there
    std::uint32_t old_end; // of that round
    alignas(unit_bytes) std::array<unsigned char, std::size_t{all_units} * unit_bytes> units;

    Entry& entry(std::uint32_t unit) noexcept
    {
        return *reinterpret_cast<Entry*>(units.data() + std::size_t{unit} * unit_bytes);
    }
    Set& set_for(std::string_view cookie) noexcept { return sets[set_number(hash_of(cookie))]; }

    Reference* find(const Place& place) noexcept;
    Entry& add(const Place& place, std::uint32_t size) noexcept;
    void forget(Reference& reference) noexcept;
    template <class Which> void forget_all(Which which) noexcept;

private:
    std::uint32_t room_for(std::uint32_t size) noexcept;
    void drop_oldest() noexcept;
    Reference& free_reference(std::string_view cookie) noexcept;
};

Reference* OpenedSessions::Memory::find(const Place& place) noexcept
{
    const auto hash = hash_of(place.cookie);
    const auto part = part_of(hash);
    for (auto& reference : sets[set_number(hash)]) {
        const auto unit = unit_of(reference);
        if ((reference ^ part) >> unit_bits != 0 || unit == 0) {
            continue;
        }
        const auto& found = entry(unit);
        base::prefetch(&found, usual_lines);
        if (found.is_of(place)) {
            return &reference;
        }
    }
    return nullptr;
}

/// One that is not there. Where it is, all but its size is zero.
OpenedSessions::Entry& OpenedSessions::Memory::add(const Place& place, std::uint32_t size) noexcept
{
    const auto unit = room_for(size);
    free_reference(place.cookie) = part_of(hash_of(place.cookie)) | unit;
    auto& added = entry(unit);
    added.units_ = size;
    return added;
}

std::uint32_t OpenedSessions::Memory::room_for(std::uint32_t size) noexcept
{
    if (next + size > all_units) {
        while (oldest < old_end) {
            drop_oldest();
        }
        old_end = next;
        next = oldest = 1;
    }
    while (oldest < old_end && oldest < next + size) {
        drop_oldest();
    }
    const auto unit = next;
    next += size;
    return unit;
}

void OpenedSessions::Memory::drop_oldest() noexcept
{
    auto& old = entry(oldest);
    const auto size = old.units_;
    if (old.sealer_ != nullptr) {
        auto& set = set_for({old.cookie_.data(), old.cookie_.size()});
        const auto found = std::find_if(set.begin(), set.end(), [this](Reference reference) {
            return unit_of(reference) == oldest;
        });
        forget(*found);
    }
    old.units_ = 0;
    oldest += size;
}

/// In a full set that of who was here longest ago.
Reference& OpenedSessions::Memory::free_reference(std::string_view cookie) noexcept
{
    auto& set = set_for(cookie);
    auto& reference = *std::min_element(set.begin(), set.end(), [this](Reference a, Reference b) {
        const auto used_at = [this](Reference of) {
            return of != 0 ? entry(unit_of(of)).used_at_ : 0;
        };
        return used_at(a) < used_at(b);
    });
    if (reference != 0) {
        forget(reference);
    }
    return reference;
}

void OpenedSessions::Memory::forget(Reference& reference) noexcept
{
    auto& forgotten = entry(unit_of(reference));
    const auto size = forgotten.units_;
    OPENSSL_cleanse(&forgotten, size * unit_bytes);
    forgotten.units_ = size;
    reference = 0;
}

template <class Which> void OpenedSessions::Memory::forget_all(Which which) noexcept
{
    for (auto& set : sets) {
        for (auto& reference : set) {
            if (reference != 0 && which(entry(unit_of(reference)))) {
                forget(reference);
            }
        }
    }
}

std::string_view OpenedSessions::Entry::text(base::Seconds now) noexcept
{
    if (now >= SessionView::limit_in(all_text())) {
        return {};
    }
    if (used_at_ != short_time(now)) {
        used_at_ = short_time(now);
    }
    return all_text();
}

bool OpenedSessions::Entry::is_of(const Place& place) const noexcept
{
    return sealer_ == &place.sealer && mac_ == &place.mac &&
           CRYPTO_memcmp(cookie_.data(), place.cookie.data(), cookie_bytes) == 0;
}

OpenedSessions::~OpenedSessions()
{
    if (memory_ != nullptr) {
        memory_->forget_all([](const Entry&) { return true; });
        munmap(memory_, sizeof(Memory));
    }
}

OpenedSessions::Entry* OpenedSessions::find(const Place& place) const noexcept
{
    const auto* found = reference(place);
    if (found == nullptr) {
        return nullptr;
    }
    auto& entry = memory_->entry(unit_of(*found));
    if (entry.record_at_ != nullptr) { // the store is asked next
        base::prefetch(entry.record_at_, base::lines_to_mark);
    }
    return &entry;
}

/// nullptr: there is none.
std::uint32_t* OpenedSessions::reference(const Place& place) const noexcept
{
    const bool may_be_there = memory_ != nullptr && place.cookie.size() == Entry::cookie_bytes;
    return may_be_there ? memory_->find(place) : nullptr;
}

bool OpenedSessions::has_memory() noexcept
{
    if (memory_ == nullptr) {
        void* memory = mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            return false;
        }
        madvise(memory, sizeof(Memory), MADV_DONTDUMP);
        memory_ = static_cast<Memory*>(memory);
        memory_->next = memory_->oldest = memory_->old_end = 1;
    }
    return true;
}

void OpenedSessions::keep(const Place& place, const Opened& opened, base::Seconds now) noexcept
{
    const auto text = opened.text;
    const auto mark = base::hot_mark(opened.reply.record.hot);
    if (place.cookie.size() != Entry::cookie_bytes || !mark || text.size() > most_text ||
        !has_memory()) {
        return;
    }
    forget(place);
    const auto bytes = sizeof(Entry) + text.size();
    auto& entry =
        memory_->add(place, static_cast<std::uint32_t>((bytes + unit_bytes - 1) / unit_bytes));
    std::copy(place.cookie.begin(), place.cookie.end(), entry.cookie_.begin());
    entry.mark_ = *mark;
    entry.used_at_ = short_time(now);
    entry.sealer_ = &place.sealer;
    entry.mac_ = &place.mac;
    entry.record_at_ = opened.reply.at;
    entry.keys_ = opened.keys;
    entry.text_size_ = static_cast<std::uint32_t>(text.size());
    text.copy(reinterpret_cast<char*>(&entry + 1), text.size());
}

void OpenedSessions::forget(const Place& place) noexcept
{
    if (auto* found = reference(place)) {
        memory_->forget(*found);
    }
}

void OpenedSessions::forget_idle(base::Seconds now) noexcept
{
    if (memory_ != nullptr) {
        // Of a clock that was set back nobody knows how long it has been.
        memory_->forget_all([now](const Entry& entry) {
            return now - entry.used_at_ > idle_for || entry.used_at_ - now > idle_for;
        });
    }
}

} // namespace ciam::flow
