// One shard of the session memory and what can be asked of it. A view: made for each question.
// Nothing here throws or allocates; its lock is held by whoever calls, except for format().
#pragma once

#include "store/record_index.hpp"

#include <tuple>
#include <utility>

namespace ciam::store {

/// Bytes that a reply's strings need to hold a record.
struct Room {
    std::size_t hot = 0;
    std::size_t cold = 0;
};

/// The records of a group in one shard.
struct GroupMembers {
    std::size_t count = 0;
    ShortId oldest{}; // by the time of issue; within a second, that was written first
    std::uint32_t oldest_issued_at = 0;
    std::uint64_t oldest_version = 0;

    void add(const SlotHeader& slot) noexcept
    {
        const auto age = std::pair{slot.issued_at, version(slot)};
        if (count++ == 0 || age < std::pair{oldest_issued_at, oldest_version}) {
            oldest = slot.id;
            std::tie(oldest_issued_at, oldest_version) = age;
        }
    }
};

class Shard {
public:
    using Status = base::StoreReply::Status;

    /// `memory`: the whole of it.
    Shard(unsigned char* memory, std::uint32_t number, const Geometry& geometry) noexcept;

    /// Throws base::Error.
    static void format(unsigned char* memory, std::uint32_t number, const Geometry& geometry,
                       std::uint32_t pages);

    ShardHeader& header() const noexcept { return header_; }
    const Pages& pages() const noexcept { return pages_; }

    /// False when the reply lacks capacity: then `room` is what to reserve before asking again.
    bool find(const base::FindRecord& request, base::StoreReply& reply, Room& room) noexcept;
    Status insert(const base::InsertRecord& request) noexcept;
    Status replace(const base::ReplaceRecord& request) noexcept;
    void remove(const ShortId& id) noexcept;
    void remove_tagged(Tag tag, base::Seconds not_after) noexcept;
    GroupMembers members(Tag tag, const ShortId& except) const noexcept;

    /// The latest of tombstones with one id stands.
    void bury(const base::RemoveTagged& request) noexcept;
    bool is_buried(const base::RecordId& tag, base::Seconds issued_at,
                   base::Seconds now) const noexcept;

    /// Takes in a record from elsewhere that is whole. False when there is one of its id that is as
    /// new.
    bool restore(const SlotHeader& from, std::uint32_t now) noexcept;

    /// Drops those of the next slots that have expired.
    void sweep(base::Seconds now, std::size_t looks) noexcept;

    /// Makes everything that is derived anew and drops what is not whole.
    void rebuild() noexcept;
    /// From now on the shard has so many pages: what is in others is dropped.
    void set_pages(std::uint32_t pages) noexcept;

private:
    Ref find_live(const ShortId& id, std::uint32_t now,
                  std::size_t lines = base::lines_to_mark) noexcept;
    bool can_fit(const base::Record& record) const noexcept;
    struct Times {
        std::uint32_t now;
        std::uint32_t issued_at;
    };
    void put(Ref ref, const base::RecordId& id, const base::Record& record, Times times) noexcept;
    void drop(Ref ref) noexcept;
    void drop_for_room(Ref ref, std::uint32_t now) noexcept;

    // Making room (shard_room.cpp)
    Ref slot_for(std::size_t bytes, std::uint32_t now, Ref& keep) noexcept;
    Ref free_slot_for(const SizeClass& size) noexcept;
    Ref slot_of_larger_class(const SizeClass& size, std::uint32_t most_units) noexcept;
    Ref victim(const SizeClass& size, std::uint32_t now, Ref keep) noexcept;
    void make_room(const SizeClass& size, std::uint32_t now, Ref& keep) noexcept;
    bool spares_tombstones() const noexcept;
    bool is_favoured(const SlotHeader& slot, std::uint32_t now) const noexcept;
    void empty(PageIndex page, std::uint32_t now, Ref& keep) noexcept;
    PageIndex page_to_empty(Ref keep, std::size_t first, std::size_t end) const noexcept;
    void look_at_age(Ref ref, std::uint32_t now) noexcept;

    // Rebuilding (shard_rebuild.cpp)
    void forget_all() noexcept;
    void adopt_page(PageIndex page) noexcept;
    void adopt(Ref ref) noexcept;
    void chain_free_slots(PageIndex page) noexcept;
    void count(const SlotHeader& slot) noexcept;
    void discount(const SlotHeader& slot) noexcept;

    ShardHeader& header_;
    Pages pages_;
    RecordIndex index_;
};

} // namespace ciam::store
