#include "store/document_board.hpp"

#include "base/error.hpp"
#include "store/board_layout.hpp"
#include "store/robust_lock.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <unistd.h>

namespace ciam::store {

struct DocumentBoard::Header : BoardHeader {};

namespace {

constexpr std::uint64_t magic = 0x6369616d626f6172;
constexpr std::uint64_t layout = 2;

/// False when the board cannot be locked.
template <class Act> bool with_lock(BoardHeader& header, Act act)
{
    Slots slots{header};
    const RobustLock lock{header.mutex, [&]() noexcept { slots.repair(); }};
    if (lock.held()) {
        act(slots);
    }
    return lock.held();
}

bool is_alive(const Lease& lease, Milliseconds now)
{
    if (lease.owner == 0 || now >= lease.until) {
        return false;
    }
    // EPERM is an answer of a living process too.
    return kill(lease.owner, 0) == 0 || errno != ESRCH;
}

} // namespace

std::size_t DocumentBoard::bytes_for(std::size_t subjects, std::size_t bytes_each)
{
    return Slots::bytes_for(subjects, bytes_each);
}

void DocumentBoard::format(void* memory, std::size_t subjects, std::size_t bytes_each)
{
    if (subjects == 0 || bytes_each > most_blocks * block_bytes) {
        throw base::Error{base::Fault::internal, "no notice board can have this shape"};
    }
    const auto blocks = Slots::blocks_for(subjects, bytes_each);
    std::memset(memory, 0, Slots::head_bytes(subjects, blocks));
    auto* header = new (memory) Header{};
    header->layout = layout;
    header->subjects = subjects;
    header->bytes_each = bytes_each;
    header->blocks = blocks;
    init_robust_mutex(header->mutex);
    std::atomic_ref{header->magic}.store(magic, std::memory_order_release);
}

bool DocumentBoard::is_formatted(const void* memory, std::size_t subjects,
                                 std::size_t bytes_each) noexcept
{
    const auto& header = *static_cast<const Header*>(memory);
    return header.magic == magic && header.layout == layout && header.subjects == subjects &&
           header.bytes_each == bytes_each;
}

DocumentBoard::DocumentBoard(void* memory) : header_(static_cast<Header*>(memory)) {}

std::uint64_t DocumentBoard::generation(const base::RecordId& subject) const noexcept
{
    return Slots{*header_}.generation(subject);
}

std::optional<Notice> DocumentBoard::read(const base::RecordId& subject) const
{
    std::optional<Notice> notice{std::in_place};
    std::size_t needed = 0;
    for (bool is_read = false; !is_read;) {
        notice->text.reserve(needed); // nothing is allocated under the lock
        const bool locked = with_lock(*header_, [&](const Slots& slots) {
            const auto* slot = slots.find(subject);
            notice->generation = slot != nullptr ? slot->generation : 0;
            needed = notice->generation != 0 ? slot->text_size : 0;
            is_read = notice->text.capacity() >= needed;
            if (is_read && notice->generation != 0) {
                notice->text.resize(needed);
                slots.read(*slot, notice->text.data());
                notice->posted_at = slot->posted_at;
            }
        });
        if (!locked) {
            return std::nullopt;
        }
    }
    return notice->generation != 0 ? std::move(notice) : std::nullopt;
}

std::optional<base::Seconds> DocumentBoard::posted_at(const base::RecordId& subject) const
{
    std::optional<base::Seconds> posted_at;
    with_lock(*header_, [&](const Slots& slots) {
        const auto* slot = slots.find(subject);
        if (slot != nullptr && slot->generation != 0) {
            posted_at = slot->posted_at;
        }
    });
    return posted_at;
}

FailureNotice DocumentBoard::last_failure(const base::RecordId& subject) const
{
    Failure failure{};
    with_lock(*header_, [&](const Slots& slots) {
        if (const auto* slot = slots.find(subject)) {
            failure = slot->failure;
        }
    });
    const auto size = std::min<std::size_t>(failure.reason_size, most_reason_bytes);
    return {failure.attempt, failure.fault, {failure.reason, size}};
}

bool DocumentBoard::take_lease(const base::RecordId& subject, Milliseconds now, Milliseconds until)
{
    return take_lease(subject, now, until, generation(subject));
}

bool DocumentBoard::take_lease(const base::RecordId& subject, Milliseconds now, Milliseconds until,
                               std::uint64_t known)
{
    bool taken = false;
    with_lock(*header_, [&](Slots& slots) {
        auto& slot = slots.claim(subject);
        auto& lease = slot.lease;
        taken = slot.generation == known && !is_alive(lease, now) && now >= lease.not_before;
        if (taken) {
            lease = {getpid(), until, 0};
        }
    });
    return taken;
}

bool DocumentBoard::is_too_early(const base::RecordId& subject, Milliseconds now) const
{
    bool early = false;
    with_lock(*header_, [&](const Slots& slots) {
        const auto* slot = slots.find(subject);
        early = slot != nullptr && now < slot->lease.not_before;
    });
    return early;
}

bool DocumentBoard::post(const base::RecordId& subject, std::string_view text,
                         base::Seconds posted_at)
{
    if (text.size() > header_->bytes_each) {
        return false;
    }
    return with_lock(*header_,
                     [&](Slots& slots) { slots.post(slots.claim(subject), text, posted_at); });
}

void DocumentBoard::fail(const base::RecordId& subject, int fault, std::string_view reason,
                         Milliseconds retry_at)
{
    with_lock(*header_, [&](Slots& slots) {
        auto& slot = slots.claim(subject);
        if (slot.lease.owner != 0 && slot.lease.owner != getpid()) {
            return; // it took so long that another process tries by now
        }
        auto& failure = slot.failure;
        failure.attempt = ++header_->last_attempt;
        failure.fault = fault;
        failure.reason_size =
            static_cast<std::uint32_t>(reason.copy(failure.reason, most_reason_bytes));
        slot.lease = {0, 0, retry_at};
    });
}

} // namespace ciam::store
