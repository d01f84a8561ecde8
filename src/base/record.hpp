// What a flow asks of the session store and what it hears back. Bytes only: what is in them is
// sealed before it comes here, and who may read them is nobody's business below flow/.
#pragma once

#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ciam::base {

/// Identifies a record, or a group of records; always the output of a keyed hash.
using RecordId = std::array<unsigned char, 32>;

struct Record {
    std::string hot;           // sealed: what every request reads
    std::string cold;          // sealed: what few requests read; may be empty
    Seconds idle_timeout = 0;  // a record that is not touched for so long is gone
    Seconds limit = 0;         // gone at this time, touched or not
    std::uint64_t version = 0; // given by the store, changes with every Replace
    /// At most 2: groups by which RemoveTagged finds it. Found again they are what the store has
    /// kept of them, which is enough to give them back to it.
    std::vector<RecordId> tags;
};

/// What a hot part begins with. A seal begins with its nonce: no two writings have one mark.
using HotMark = std::array<char, 16>;

/// nullopt: it is too short to be a seal.
inline std::optional<HotMark> hot_mark(std::string_view hot)
{
    HotMark mark{};
    if (hot.copy(mark.data(), mark.size()) < mark.size()) {
        return std::nullopt;
    }
    return mark;
}

/// Reads a record and marks it as used at `now`.
struct FindRecord {
    RecordId id{};
    Seconds now = 0;
    bool with_cold = false;
    bool newest = false; // not a copy, however fresh: what has just been changed elsewhere
    /// Who asks has the record with this mark, and need not be given it again.
    std::optional<HotMark> known{};
};

/// Creates; an id that is there already is refused (`conflict`), and so is a record of a group that
/// was removed with RemoveTagged::not_after at or after `issued_at` (`ended`).
struct InsertRecord {
    RecordId id{};
    Seconds now = 0;
    Record record;
    Seconds issued_at = 0;           // of what the record stands for; 0: now
    std::uint32_t most_in_group = 0; // of records with the first tag: the oldest go. 0: any number
};

/// Replaces the record if it still has version `record.version`; never creates.
struct ReplaceRecord {
    RecordId id{};
    Seconds now = 0;
    Record record;
};

struct RemoveRecord {
    RecordId id;
};

/// Removes every record with this tag.
struct RemoveTagged {
    RecordId tag{};
    Seconds not_after = 0;  // only records issued until then; 0: all
    Seconds now = 0;        // with keep_until
    Seconds keep_until = 0; // none of those that are meant is inserted before then; 0: no matter
};

using StoreRequest =
    std::variant<FindRecord, InsertRecord, ReplaceRecord, RemoveRecord, RemoveTagged>;

/// Lines of memory from StoreReply::at to the end of the record's HotMark.
constexpr std::size_t lines_to_mark = 3;

struct StoreReply {
    enum class Status {
        done,       // found, inserted, replaced, removed (or was not there to remove)
        absent,     // no such record, or it has expired
        conflict,   // Insert: the id exists; Replace: another version is there
        ended,      // Insert: its group was removed meanwhile
        too_large,  // the record can never fit
        unavailable // the store cannot answer now
    };
    Status status = Status::unavailable;
    Record record; // FindRecord alone
    // In an answer that is given at once, and by memory alone:
    bool is_known = false;    // it is the record of FindRecord::known, and `record` is empty
    const void* at = nullptr; // where the memory has it, for a prefetch and nothing else
};

} // namespace ciam::base
