// One shard of the session memory and what can be asked of it. A view: made for each question.
// Nothing here throws or allocates; its lock is held by whoever calls, except for format().
#pragma once

#include "store/blocks.hpp"
#include "store/record_index.hpp"

namespace ciam::store {

/// Bytes that a reply's strings need to hold a record.
struct Room {
    std::size_t hot = 0;
    std::size_t cold = 0;
};

class Shard {
public:
    using Status = base::StoreReply::Status;

    Shard(unsigned char* memory, const Geometry& geometry) noexcept;

    /// Throws base::Error.
    static void format(unsigned char* memory, const Geometry& geometry);

    pthread_mutex_t& mutex() const noexcept { return header_.mutex; }
    const ShardHeader& header() const noexcept { return header_; }

    /// False when the reply lacks capacity: then `room` is what to reserve before asking again.
    bool find(const base::FindRecord& request, base::StoreReply& reply, Room& room) noexcept;
    Status insert(const base::InsertRecord& request) noexcept;
    Status replace(const base::ReplaceRecord& request) noexcept;
    void remove(const base::RecordId& id) noexcept;
    void remove_tagged(const base::RecordId& tag) noexcept;

    /// Makes everything that is derived anew and drops what is not whole.
    void rebuild() noexcept;

private:
    BlockIndex find_live(const base::RecordId& id, base::Seconds now) noexcept;
    bool can_fit(const base::Record& record) const noexcept;
    void touch(BlockIndex record, base::Seconds now) noexcept;
    void put(const base::RecordId& id, const base::Record& record, base::Seconds now) noexcept;
    void drop(BlockIndex record) noexcept;
    void drop_expired_oldest(base::Seconds now) noexcept;
    BlockIndex victim(base::Seconds now) const noexcept;
    BlockIndex make_room(std::size_t blocks, base::Seconds now, BlockIndex keep) noexcept;
    void copy(BlockIndex record, bool with_cold, base::Record& to) const noexcept;

    void adopt(BlockIndex record) noexcept;
    void claim(BlockIndex record, bool claimed) noexcept;
    void collect_free_blocks() noexcept;
    bool is_claimed(BlockIndex block) const noexcept;

    ShardHeader& header_;
    Blocks blocks_;
    RecordIndex index_;
    std::uint64_t* bitmap_; // used by rebuild() alone
    std::uint32_t bitmap_words_;
};

} // namespace ciam::store
