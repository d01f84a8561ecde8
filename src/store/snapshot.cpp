#include "store/snapshot.hpp"

#include "base/error.hpp"
#include "store/shards.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <zlib.h>

namespace ciam::store {
namespace {

constexpr std::uint64_t magic = 0x63696d736e617031;
constexpr std::size_t piece = 1 << 20;

struct Start {
    std::uint64_t magic;
    base::Seconds saved_at;
};

/// Before each slot, which is copied as far as it is used.
struct EntryHead {
    std::uint32_t size;
    std::uint32_t checksum;
};

std::uint32_t checksum_of(std::string_view bytes)
{
    return static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

template <class Value> std::string_view bytes_of(const Value& value)
{
    return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

class File {
public:
    File(const std::string& path, int flags)
        : path_(path), file_(::open(path.c_str(), flags | O_CLOEXEC, 0600))
    {
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File()
    {
        if (file_ >= 0) {
            close(file_);
        }
    }

    bool is_open() const { return file_ >= 0; }
    [[noreturn]] void refuse(const char* what) const
    {
        const auto reason = std::generic_category().message(errno);
        throw base::Error{base::Fault::configuration,
                          "the snapshot " + path_ + " cannot be " + what + ": " + reason};
    }
    /// False while another process writes it, or when it has another name as well: nginx' master
    /// may overwrite what its workers may not, so they must not lead it anywhere.
    bool take_over() const
    {
        struct stat status = {};
        return flock(file_, LOCK_EX | LOCK_NB) == 0 && fstat(file_, &status) == 0 &&
               status.st_nlink == 1 && S_ISREG(status.st_mode) && ftruncate(file_, 0) == 0;
    }
    void write(std::string_view bytes) const
    {
        while (!bytes.empty()) {
            const auto written = ::write(file_, bytes.data(), bytes.size());
            if (written < 0 && errno != EINTR) {
                refuse("written");
            }
            bytes.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
        }
    }
    /// Before the new name is on the disk its bytes have to be.
    void flush() const
    {
        if (fdatasync(file_) != 0 && errno != EINVAL) {
            refuse("written");
        }
    }
    std::size_t read(std::string& buffer) const
    {
        for (;;) {
            const auto count = ::read(file_, buffer.data(), buffer.size());
            if (count >= 0) {
                return static_cast<std::size_t>(count);
            }
            if (errno != EINTR) {
                refuse("read");
            }
        }
    }

private:
    std::string path_;
    int file_;
};

/// One page's slots. The buffer has room for all of a page: nothing is allocated under the lock.
class PageCopy {
public:
    explicit PageCopy(const Geometry& geometry)
    {
        bytes_.reserve(2 * std::size_t{geometry.page_bytes}); // each slot has 64 bytes at least
    }

    /// False when the shard has no such page.
    bool copy(const Shards& shards, std::uint32_t number, PageIndex page, std::uint32_t now)
    {
        bool is_there = false;
        bytes_.clear();
        shards.with(number, [&](const Shard& shard) {
            is_there = page < shard.pages().count();
            if (is_there) {
                shard.pages().each_slot(page, [&](Ref ref) { add(shard.pages().slot(ref), now); });
            }
        });
        return is_there;
    }
    std::string_view bytes() const { return bytes_; }
    std::size_t count() const { return count_; }

private:
    void add(const SlotHeader& slot, std::uint32_t now)
    {
        if (!is_live(slot) || has_expired(slot, now)) {
            return;
        }
        const std::string_view bytes{reinterpret_cast<const char*>(&slot), used_bytes(slot)};
        const EntryHead head{static_cast<std::uint32_t>(bytes.size()), checksum_of(bytes)};
        bytes_.append(bytes_of(head)).append(bytes);
        ++count_;
    }

    std::string bytes_;
    std::size_t count_ = 0;
};

/// A slot as it was copied, with room for the whole header.
class Entry {
public:
    explicit Entry(std::string_view bytes) : words_(bytes.size() / sizeof(std::uint64_t) + 16)
    {
        std::memcpy(words_.data(), bytes.data(), bytes.size());
    }
    const SlotHeader& slot() const { return *reinterpret_cast<const SlotHeader*>(words_.data()); }

private:
    std::vector<std::uint64_t> words_;
};

base::RecordId long_id(const ShortId& id)
{
    base::RecordId longer{};
    std::copy(id.begin(), id.end(), longer.begin());
    return longer;
}

bool restore_record(const Shards& shards, const SlotHeader& slot, base::Seconds now)
{
    bool is_restored = false;
    shards.with(shards.number_of(long_id(slot.id)),
                [&](Shard& shard) { is_restored = shard.restore(slot, short_time(now)); });
    return is_restored;
}

} // namespace

std::size_t save_snapshot(MemoryStore& store, const std::string& path, base::Seconds now)
{
    const auto fresh = path + ".new";
    const File file{fresh, O_WRONLY | O_CREAT | O_NOFOLLOW};
    if (!file.is_open()) {
        file.refuse("written");
    }
    if (!file.take_over()) {
        return 0;
    }
    const Shards shards{store.memory()};
    PageCopy copy{shards.geometry()};
    file.write(bytes_of(Start{magic, now}));
    for (std::uint32_t number = 0; number < shards.count(); ++number) {
        for (PageIndex page = 0; copy.copy(shards, number, page, short_time(now)); ++page) {
            file.write(copy.bytes());
        }
    }
    file.flush();
    if (rename(fresh.c_str(), path.c_str()) != 0) {
        file.refuse("put in its place");
    }
    return copy.count();
}

LoadedSnapshot load_snapshot(MemoryStore& store, const std::string& path, base::Seconds now)
{
    const File file{path, O_RDONLY};
    if (!file.is_open()) {
        if (errno == ENOENT) {
            return {};
        }
        file.refuse("read");
    }
    SnapshotReader reader{store, now};
    std::string buffer(piece, '\0');
    while (const auto size = file.read(buffer)) {
        reader.take(std::string_view{buffer}.substr(0, size));
    }
    return reader.finish();
}

void SnapshotReader::take(std::string_view bytes)
{
    if (is_over_) {
        return;
    }
    rest_.erase(0, at_).append(bytes);
    at_ = 0;
    if (!has_started_ && !take_start()) {
        return;
    }
    while (take_entry()) {
    }
}

bool SnapshotReader::take_start()
{
    Start start{};
    if (rest_.size() < sizeof(start)) {
        return false;
    }
    std::memcpy(&start, rest_.data(), sizeof(start));
    at_ = sizeof(start);
    has_started_ = true;
    is_over_ = start.magic != magic;
    loaded_.damaged += is_over_ ? 1 : 0;
    loaded_.saved_at = start.saved_at;
    return !is_over_;
}

/// False when the rest of it is still to come, or it makes no sense.
bool SnapshotReader::take_entry()
{
    const auto left = std::string_view{rest_}.substr(at_);
    EntryHead head{};
    if (left.size() < sizeof(head)) {
        return false;
    }
    std::memcpy(&head, left.data(), sizeof(head));
    constexpr std::size_t largest_slot = 64 * 1024;
    if (head.size < offsetof(SlotHeader, tags) || head.size > largest_slot) {
        is_over_ = true;
        ++loaded_.damaged;
        return false;
    }
    if (left.size() < sizeof(head) + head.size) {
        return false;
    }
    at_ += sizeof(head) + head.size;
    const auto bytes = left.substr(sizeof(head), head.size);
    const Entry entry{bytes};
    const auto& slot = entry.slot();
    if (head.checksum != checksum_of(bytes) || !is_live(slot) || !is_intact(slot, head.size)) {
        ++loaded_.damaged;
    } else if (has_expired(slot, short_time(now_))) {
        ++loaded_.expired;
    } else {
        restore(slot);
    }
    return true;
}

void SnapshotReader::restore(const SlotHeader& slot)
{
    const Shards shards{store_.memory()};
    if (is_tombstone(slot)) {
        tombstones_.push_back({long_id(slot.id), slot.issued_at, now_, slot.limit});
        ++loaded_.loaded;
    } else if (restore_record(shards, slot, now_)) {
        ++loaded_.loaded;
    }
}

LoadedSnapshot SnapshotReader::finish()
{
    if (!is_over_ && (at_ < rest_.size() || (!has_started_ && !rest_.empty()))) {
        ++loaded_.damaged;
    }
    base::StoreReply reply;
    for (const auto& removal : tombstones_) {
        store_.ask(removal, reply, {});
    }
    return loaded_;
}

} // namespace ciam::store
