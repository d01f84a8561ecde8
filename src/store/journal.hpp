// What was removed since the last snapshot, written at once: a reboot must not bring back who has
// logged out. Keyed hashes alone, appended by any number of processes.
#pragma once

#include "store/memory_store.hpp"

#include <string>

namespace ciam::store {

/// The journal that lies beside a snapshot.
class Journal {
public:
    explicit Journal(const std::string& snapshot_path);
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    ~Journal();

    /// False when it could not be written.
    bool add(const base::RemoveRecord& removal) noexcept;
    bool add(const base::RemoveTagged& removal) noexcept;

    /// Before a snapshot is taken: what is noted so far will be in it.
    static void begin_snapshot(const std::string& snapshot_path) noexcept;
    /// After it is in its place.
    static void end_snapshot(const std::string& snapshot_path) noexcept;

    /// Does again what is noted; how many removals that were. An entry that was cut off ends it.
    static std::size_t replay(MemoryStore& store, const std::string& snapshot_path);

private:
    struct Entry;
    bool write(const Entry& entry) noexcept;

    std::string path_;
    int file_ = -1; // opened when it is needed
};

/// A MemoryStore whose removals are noted before they are done. One that could not be noted is done
/// all the same, and counted.
class JournaledStore : public Store {
public:
    JournaledStore(MemoryStore& store, const std::string& snapshot_path)
        : store_(store), journal_(snapshot_path)
    {
    }

    std::unique_ptr<Pending> ask(const base::StoreRequest& request, base::StoreReply& reply,
                                 std::function<void(base::StoreReply)> done) override;

    std::uint64_t failures() const noexcept { return failures_; }

private:
    MemoryStore& store_;
    Journal journal_;
    std::uint64_t failures_ = 0;
};

} // namespace ciam::store
