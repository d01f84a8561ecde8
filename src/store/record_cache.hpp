// Copies of the shared tier's records in shared memory, and marks where one was removed. Several
// processes change them at once: each change here compares and swaps.
#pragma once

#include "store/cache_note.hpp"
#include "store/store.hpp"

namespace ciam::store {

class RecordCache {
public:
    /// When a copy was known to be the newest, and whether every change since would have been told.
    struct Check {
        Millis at;
        bool is_reported;
    };

    /// `memory` answers at once.
    explicit RecordCache(Store& memory) : memory_(memory) {}

    /// The copy in `reply`, its note taken off, with the shared tier's version. The reply's status
    /// is done, or absent where there is nothing or a mark; `is_removed` tells these apart.
    std::optional<CacheNote> find(const base::FindRecord& request, base::StoreReply& reply,
                                  bool& is_removed);

    /// False: it was removed here meanwhile, itself or by a tag, and is not to be used.
    /// `copy.issued_at` 0: not known.
    bool put(const base::InsertRecord& copy, Check check);

    /// The copy of this version was the newest at this time.
    void confirm(const base::RecordId& id, std::uint64_t version, Check check, base::Seconds now);

    /// Drops a copy; a mark stays.
    void drop(const base::RecordId& id, base::Seconds now);
    /// Drops the copy unless it is of this version. 0: drops marks too.
    void drop_unless(const RecordChange& change, base::Seconds now);

    /// Leaves a mark. False when the memory can't be written.
    bool mark_removed(const base::RecordId& id, base::Seconds now);
    /// Those that were issued until `not_after`, with a mark for those that are fetched later.
    bool remove_tagged(const base::RecordId& tag, base::Seconds not_after, base::Seconds now);
    void drop_mark(const base::RecordId& id);
    /// Unless it is about later ones too.
    void drop_tag_mark(const base::RecordId& tag, base::Seconds not_after, base::Seconds now);

private:
    enum class Stored { yes, no, ended, try_again };

    std::optional<CacheNote> mark_at(const base::RecordId& id, base::Seconds now);
    bool is_marked(const base::RecordId& id, base::Seconds now);
    bool is_ended(const base::InsertRecord& copy);
    bool leave_mark(const base::RecordId& id, base::Seconds not_after, base::Seconds now);
    Stored store(base::InsertRecord copy);
    base::StoreReply::Status ask(const base::StoreRequest& request, base::StoreReply& reply);

    Store& memory_;
    base::StoreReply scratch_; // never used across two questions
};

} // namespace ciam::store
