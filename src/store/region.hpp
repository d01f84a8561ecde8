// Memory that outlives the processes that use it: anonymous, handed on from process to process, or
// a file on tmpfs, found again by its path. All who use it at one time share the one object; it is
// never copied, since a copy would bring back who has logged out.
#pragma once

#include "store/memory_store.hpp"

#include <string>

namespace ciam::store {

struct RegionPlan {
    std::string name;      // of the zone; anonymous memory is known again by it
    std::string path;      // of the file; empty: anonymous memory
    std::size_t bytes = 0; // at least MemoryStore::smallest; may be another than before
};

/// Made where memory is to be used, never where a configuration is only tested: it creates files.
class Region {
public:
    enum class Origin : std::uint8_t {
        created,   // there was none
        joined,    // other processes use it, or did until now
        recovered, // it was left behind; what is whole was kept
        replaced   // what was there is of no use: another version's, or damaged
    };

    /// Finds the memory or makes it. What others use keeps its size until resize(), so that whoever
    /// may still change his mind has changed nothing. Throws base::Error that says what is wrong
    /// with the path or how much room is missing.
    static Region open(const RegionPlan& plan);

    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;
    Region(Region&& other) noexcept;
    Region& operator=(Region&& other) noexcept;
    /// The memory goes on as long as another process has it, or its file is there.
    ~Region();

    /// A MemoryStore is laid out in it. Stays where it is.
    void* memory() const noexcept { return memory_; }
    Origin origin() const noexcept { return origin_; }

    /// In all processes that use it, at once. Throws base::Error when there is no room.
    void resize(std::size_t bytes);

    /// False for a file elsewhere, where a busy disk would make every request wait. The path's
    /// directory is looked at, nothing is touched.
    static bool is_in_memory(const std::string& path);

private:
    Region(int file, void* memory, std::size_t mapped) noexcept
        : file_(file), memory_(memory), mapped_(mapped)
    {
    }
    static Region map(int file, std::size_t bytes);
    static Region open_anonymous(const RegionPlan& plan);
    static Region open_file(const RegionPlan& plan);
    static Region begin(Region region, std::size_t size, const RegionPlan& plan);
    static Region follow(Region region, std::size_t size, const RegionPlan& plan);
    static Region replace_file(const RegionPlan& plan);
    static Region join(Region region);
    static Region lay_out(Region region, std::size_t bytes, Origin origin);

    int file_ = -1;
    void* memory_ = nullptr;
    std::size_t mapped_ = 0;
    Origin origin_ = Origin::created;
};

/// Bytes that go on from process to process, a new binary included, and are nowhere else.
struct InheritedBytes {
    void* memory;
    bool is_new; // all zero
};
/// Stays mapped. Throws base::Error.
InheritedBytes inherited_bytes(const std::string& name, std::size_t bytes);

} // namespace ciam::store
