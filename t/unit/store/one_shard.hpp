// One small shard without a store around it, and what a test looks at in it.
#pragma once

#include "store/shard.hpp"
#include "support/stored.hpp"

#include <algorithm>

#include "support/check.hpp"

namespace ciam::test {

constexpr store::Geometry geometry{1, 16, 40, 1, 16 * 1024};
constexpr std::uint64_t others = 6; // records 0 to 5; the tests change number 100

class OneShard {
public:
    OneShard() { store::Shard::format(bytes(), geometry); }

    unsigned char* bytes() const { return static_cast<unsigned char*>(memory_.get()); }
    store::Shard shard() const { return store::Shard{bytes(), geometry}; }
    const store::ShardHeader& header() const { return shard().header(); }

    store::RecordHead& head(store::BlockIndex block) const
    {
        return *reinterpret_cast<store::RecordHead*>(block_bytes(block));
    }
    unsigned char* block_bytes(store::BlockIndex block) const
    {
        return bytes() + sizeof(store::ShardHeader) + geometry.tables_bytes() +
               block * store::block_bytes;
    }
    /// The first block of the only record with this id that is live, whatever an index says.
    store::BlockIndex block_of(std::uint64_t number) const
    {
        for (store::BlockIndex block = 0; block < geometry.blocks; ++block) {
            if ((head(block).link & store::live_mark) != 0 && head(block).id == id_of(number)) {
                return block;
            }
        }
        return store::no_block;
    }

    store::BlockIndex last_block_of(std::uint64_t number) const
    {
        auto block = block_of(number);
        while ((head(block).link & store::next_mask) != store::no_block) {
            block = head(block).link & store::next_mask;
        }
        return block;
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
    SharedMemory memory_{geometry.shard_bytes};
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

/// All blocks are free or of a record, and all that is derived hangs together.
inline void assert_sound(const OneShard& one)
{
    auto blocks = one.header().free_blocks;
    std::size_t records = 0;
    for (store::BlockIndex block = 0; block < geometry.blocks; ++block) {
        if ((one.head(block).link & store::live_mark) != 0) {
            ++records;
            for (auto of_it = block; of_it != store::no_block;
                 of_it = one.head(of_it).link & store::next_mask) {
                ++blocks;
            }
        }
    }
    assert_int_equal(blocks, geometry.blocks);
    assert_int_equal(records, one.header().records);
    one.shard().remove_tagged(id_of(2000));
    assert_int_equal(one.header().records, 0);
    assert_int_equal(one.header().free_blocks, geometry.blocks);
    assert_int_equal(one.header().newest, store::no_block);
    assert_int_equal(one.header().oldest, store::no_block);
}

} // namespace ciam::test
