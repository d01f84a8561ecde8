// A copy of what a store holds, in a file that survives a reboot: sealed records as they are, and
// tombstones. Written beside the file and put in its place when it is whole.
#pragma once

#include "store/memory_store.hpp"

#include <string>
#include <string_view>

namespace ciam::store {

/// Returns how many entries it has written. Processes go on using the store meanwhile: what they
/// change may be in the snapshot or not. Does nothing while another process saves to the same path.
/// Throws base::Error that says what is wrong with the path.
std::size_t save_snapshot(MemoryStore& store, const std::string& path, base::Seconds now);

struct LoadedSnapshot {
    std::size_t loaded = 0;
    std::size_t expired = 0;
    std::size_t damaged = 0; // a file that is cut off counts as one more
    base::Seconds saved_at = 0;
};

/// Adds what is in the snapshot to the store, and ends what its tombstones say. A file that is not
/// there is an empty one; of a damaged one what is whole is taken. Throws base::Error when it
/// cannot be read.
LoadedSnapshot load_snapshot(MemoryStore& store, const std::string& path, base::Seconds now);

/// The same, of the file's bytes; they may come in pieces.
class SnapshotReader {
public:
    SnapshotReader(MemoryStore& store, base::Seconds now) : store_(store), now_(now) {}

    void take(std::string_view bytes);
    /// After the last piece: ends what the tombstones say.
    LoadedSnapshot finish();

private:
    bool take_start();
    bool take_entry();
    void restore(const SlotHeader& slot);

    MemoryStore& store_;
    base::Seconds now_;
    std::string rest_;
    std::size_t at_ = 0; // of rest_
    bool has_started_ = false;
    bool is_over_ = false; // nothing can be made of what follows
    LoadedSnapshot loaded_;
    std::vector<base::RemoveTagged> tombstones_; // done at the end, when all records are there
};

} // namespace ciam::store
