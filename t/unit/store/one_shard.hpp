// One small shard without a store around it, and what a test looks at in it.
#pragma once

#include "store/shard.hpp"
#include "support/stored.hpp"

#include "support/check.hpp"

namespace ciam::test {

constexpr std::uint32_t small_pages = 12;
constexpr store::Geometry geometry{1, 4096, store::shard_headers + sizeof(store::ShardHeader)};
constexpr std::size_t shard_bytes = geometry.first_page + small_pages * geometry.page_bytes;
constexpr std::uint64_t others = 6; // records 0 to 5; the tests change number 100

class OneShard {
public:
    OneShard() { store::Shard::format(bytes(), 0, geometry, small_pages); }

    unsigned char* bytes() const { return static_cast<unsigned char*>(memory_.get()); }
    store::Shard shard() const { return store::Shard{bytes(), 0, geometry}; }
    store::ShardHeader& header() const { return shard().header(); }
    store::SlotHeader& slot(store::Ref ref) const { return shard().pages().slot(ref); }

    /// All slots, free ones too.
    template <class Visit> void each_slot(Visit visit) const
    {
        const auto shard = this->shard();
        for (store::PageIndex page = 0; page < small_pages; ++page) {
            shard.pages().each_slot(page, visit);
        }
    }
    /// The only slot with this id that is live, whatever an index says.
    store::Ref slot_of(std::uint64_t number) const
    {
        auto found = store::no_ref;
        each_slot([&](store::Ref ref) {
            if (store::is_live(slot(ref)) && slot(ref).id == store::short_id(id_of(number))) {
                found = ref;
            }
        });
        return found;
    }

    Asker::Status insert(std::uint64_t number, const base::Record& record,
                         base::Seconds now = start) const
    {
        return shard().insert({id_of(number), now, record});
    }
    Asker::Status replace(std::uint64_t number, const base::Record& record) const
    {
        return shard().replace({id_of(number), start, record});
    }
    base::StoreReply find(std::uint64_t number) const
    {
        base::StoreReply reply;
        store::Room room;
        reply.record.tags.reserve(store::max_tags);
        while (!shard().find({id_of(number), start, true}, reply, room)) {
            reply.record.hot.reserve(room.hot);
            reply.record.cold.reserve(room.cold);
        }
        return reply;
    }
    bool has(std::uint64_t number) const { return find(number).status == Asker::Status::done; }

private:
    SharedMemory memory_{shard_bytes};
};

inline base::Record tagged(std::uint64_t seed, std::size_t hot, std::size_t cold)
{
    auto record = record_of(seed, hot, cold);
    record.tags = {id_of(1000 + seed), id_of(2000)};
    return record;
}

inline void insert_others(const OneShard& one)
{
    for (std::uint64_t i = 0; i < others; ++i) {
        assert_int_equal(one.insert(i, tagged(i, 100, i * 200 + 8)), Asker::Status::done);
    }
}

inline void assert_others_are_whole(const OneShard& one)
{
    for (std::uint64_t i = 0; i < others; ++i) {
        const auto reply = one.find(i);
        assert_int_equal(reply.status, Asker::Status::done);
        assert_text(reply.record.hot, text_of(i, 100));
        assert_text(reply.record.cold, text_of(i + 1, i * 200 + 8));
    }
}

/// All that is derived hangs together, and nothing is lost.
inline void assert_sound(const OneShard& one)
{
    std::size_t records = 0;
    one.each_slot([&](store::Ref ref) { records += store::is_live(one.slot(ref)) ? 1 : 0; });
    assert_int_equal(records, one.header().records);
    one.shard().remove_tagged(store::short_tag(id_of(2000)), 0);
    assert_int_equal(one.header().records, 0);
    assert_int_equal(one.header().free_page_count, small_pages);
    assert_int_equal(one.header().ids.nodes, 0);
    assert_int_equal(one.header().tags.nodes, 0);
    for (const auto& of : one.header().classes) {
        assert_int_equal(of.page_count, 0);
    }
}

} // namespace ciam::test
