// A small notice board in shared memory: one text for each subject, its generation, and a lease for
// the one process that is fetching the next. Bytes only; the subject is a fingerprint.
#pragma once

#include "base/record.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ciam::store {

struct Notice {
    std::string text;
    std::uint64_t generation = 0;
    base::Seconds posted_at = 0;
};

/// Why the last fetch failed, for those who wait on it.
struct FailureNotice {
    std::uint64_t attempt; // grows with every failure
    int fault;             // base::Fault, as a number
    std::string reason;    // at most 200 bytes
};

/// Times are milliseconds of CLOCK_MONOTONIC, which all processes of a machine share.
using Milliseconds = std::int64_t;

class DocumentBoard {
public:
    /// `bytes_each`: of the longest text, at most 160 KB. More than 64 subjects can't all have one.
    static std::size_t bytes_for(std::size_t subjects, std::size_t bytes_each);

    /// Lays out fresh memory, 64-byte aligned.
    static void format(void* memory, std::size_t subjects, std::size_t bytes_each);
    static bool is_formatted(const void* memory, std::size_t subjects,
                             std::size_t bytes_each) noexcept;

    explicit DocumentBoard(void* memory);

    /// 0 when nothing is posted. One atomic read after the first call for a subject.
    std::uint64_t generation(const base::RecordId& subject) const noexcept;
    std::optional<Notice> read(const base::RecordId& subject) const;
    /// When the text was posted; nullopt when there is none.
    std::optional<base::Seconds> posted_at(const base::RecordId& subject) const;
    FailureNotice last_failure(const base::RecordId& subject) const;

    /// True when this process may fetch now: nobody holds a lease that is alive, and no failure
    /// asked to wait until later. The lease ends with post(), fail(), or at `until` should its
    /// owner die.
    bool take_lease(const base::RecordId& subject, Milliseconds now, Milliseconds until);
    /// The same, but only while the text is still of this generation: who looked before the last
    /// post need not fetch again.
    bool take_lease(const base::RecordId& subject, Milliseconds now, Milliseconds until,
                    std::uint64_t known);
    /// True while a failure asks to wait: then no lease is given, whoever asks.
    bool is_too_early(const base::RecordId& subject, Milliseconds now) const;

    /// Replaces the text, raises the generation, ends the lease. False when the text is too long.
    bool post(const base::RecordId& subject, std::string_view text, base::Seconds posted_at);
    /// Ends the lease, keeps the old text; no lease is given before `retry_at`. Does nothing where
    /// another process has taken the lease over.
    void fail(const base::RecordId& subject, int fault, std::string_view reason,
              Milliseconds retry_at);

private:
    struct Header;
    Header* header_;
};

} // namespace ciam::store
