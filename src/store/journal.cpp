#include "store/journal.hpp"

#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ciam::store {

struct Journal::Entry {
    std::uint32_t kind; // never 0, so that a hole in a file is no entry
    std::uint32_t reserved;
    base::RecordId id;
    base::Seconds not_after;
    base::Seconds now;
    base::Seconds keep_until;
};

namespace {

constexpr std::uint32_t of_record = 0x72656301;
constexpr std::uint32_t of_group = 0x67727001;

std::string current(const std::string& snapshot_path)
{
    return snapshot_path + ".removed";
}

/// Of removals that the snapshot under way will hold.
std::string earlier(const std::string& snapshot_path)
{
    return snapshot_path + ".removed-before";
}

bool has_moved(int file, const std::string& path)
{
    struct stat mine = {};
    struct stat there = {};
    return stat(path.c_str(), &there) != 0 || fstat(file, &mine) != 0 ||
           mine.st_ino != there.st_ino || mine.st_dev != there.st_dev;
}

std::string read_all(const std::string& path)
{
    std::string text;
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return text;
    }
    std::vector<char> piece(1 << 16);
    for (ssize_t size = 0; (size = read(file, piece.data(), piece.size())) > 0;) {
        text.append(piece.data(), static_cast<std::size_t>(size));
    }
    close(file);
    return text;
}

void ask(MemoryStore& store, const base::StoreRequest& request)
{
    base::StoreReply reply;
    store.ask(request, reply, nullptr);
}

} // namespace

Journal::Journal(const std::string& snapshot_path) : path_(current(snapshot_path)) {}

Journal::~Journal()
{
    if (file_ >= 0) {
        close(file_);
    }
}

bool Journal::add(const base::RemoveRecord& removal) noexcept
{
    return write({of_record, 0, removal.id, 0, 0, 0});
}

bool Journal::add(const base::RemoveTagged& removal) noexcept
{
    return write({of_group, 0, removal.tag, removal.not_after, removal.now, removal.keep_until});
}

/// One write() of one entry: those of several processes do not mix (O_APPEND).
bool Journal::write(const Entry& entry) noexcept
{
    if (file_ >= 0 && has_moved(file_, path_)) {
        close(std::exchange(file_, -1));
    }
    if (file_ < 0) {
        file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    return file_ >= 0 && ::write(file_, &entry, sizeof(entry)) == sizeof(entry);
}

void Journal::begin_snapshot(const std::string& snapshot_path) noexcept
{
    // One that is still there is of a snapshot that was never finished: both count.
    if (access(earlier(snapshot_path).c_str(), F_OK) != 0) {
        // There may be none: nobody has logged out.
        static_cast<void>(
            std::rename(current(snapshot_path).c_str(), earlier(snapshot_path).c_str()));
    }
}

void Journal::end_snapshot(const std::string& snapshot_path) noexcept
{
    unlink(earlier(snapshot_path).c_str());
}

std::size_t Journal::replay(MemoryStore& store, const std::string& snapshot_path)
{
    std::size_t count = 0;
    for (const auto& path : {earlier(snapshot_path), current(snapshot_path)}) {
        const auto text = read_all(path);
        for (std::size_t at = 0; at + sizeof(Entry) <= text.size(); at += sizeof(Entry)) {
            Entry entry{};
            std::memcpy(&entry, text.data() + at, sizeof(entry));
            if (entry.kind == of_record) {
                ask(store, base::RemoveRecord{entry.id});
            } else if (entry.kind == of_group) {
                ask(store,
                    base::RemoveTagged{entry.id, entry.not_after, entry.now, entry.keep_until});
            } else {
                break;
            }
            ++count;
        }
    }
    return count;
}

std::unique_ptr<Pending> JournaledStore::ask(const base::StoreRequest& request,
                                             base::StoreReply& reply,
                                             std::function<void(base::StoreReply)> done)
{
    bool noted = true;
    if (const auto* record = std::get_if<base::RemoveRecord>(&request)) {
        noted = journal_.add(*record);
    } else if (const auto* group = std::get_if<base::RemoveTagged>(&request)) {
        noted = journal_.add(*group);
    }
    failures_ += noted ? 0 : 1;
    return store_.ask(request, reply, std::move(done));
}

} // namespace ciam::store
