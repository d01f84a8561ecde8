#include "store/region.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <linux/magic.h>
#include <optional>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <utility>

namespace ciam::store {
namespace {

// Address space costs nothing, and what is not reserved at the start cannot be had in place.
constexpr std::size_t reserved = sizeof(void*) == 8 ? std::size_t{32} << 30U : 0;

[[noreturn]] void refuse(const std::string& what, int error)
{
    throw base::Error{base::Fault::configuration,
                      what + ": " + std::generic_category().message(error)};
}

std::size_t size_of(int file)
{
    struct stat status = {};
    return fstat(file, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

/// Room that is not there now would be missing in the middle of a request, as a signal.
void allocate(int file, std::size_t bytes)
{
    const auto error = posix_fallocate(file, 0, static_cast<off_t>(bytes));
    if (error != 0) {
        refuse("no room for a session zone of " + std::to_string(bytes >> 20U) + " MB", error);
    }
}

std::string link_name(const std::string& name)
{
    return "ciam " + name;
}

/// A file descriptor of this process, inherited or its own.
std::optional<int> find_anonymous(const std::string& name)
{
    namespace fs = std::filesystem;
    const std::string wanted = "/memfd:" + link_name(name) + " (deleted)";
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{"/proc/self/fd", error}) {
        if (fs::read_symlink(entry.path(), error) == wanted) {
            return std::stoi(entry.path().filename());
        }
    }
    return std::nullopt;
}

int open_at(const std::string& path, int flags)
{
    const auto file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    if (file < 0) {
        refuse("the session file " + path + " cannot be opened", errno);
    }
    // Anybody may make a file in /dev/shm before nginx does.
    struct stat status = {};
    if (fstat(file, &status) != 0 || status.st_uid != geteuid() || !S_ISREG(status.st_mode)) {
        close(file);
        refuse("the session file " + path + " belongs to somebody else; remove it", EPERM);
    }
    return file;
}

/// True when nobody else uses it.
bool lock_file(int file, const std::string& path)
{
    const bool is_alone = flock(file, LOCK_EX | LOCK_NB) == 0;
    if (!is_alone && flock(file, LOCK_SH) != 0) {
        refuse("the session file " + path + " cannot be locked", errno);
    }
    return is_alone;
}

bool is_still_at(int file, const std::string& path)
{
    struct stat mine = {};
    struct stat there = {};
    return fstat(file, &mine) == 0 && stat(path.c_str(), &there) == 0 &&
           mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

} // namespace

Region Region::open(const RegionPlan& plan)
{
    if (plan.bytes < MemoryStore::smallest) {
        throw base::Error{base::Fault::configuration, "a session zone needs at least 64 KB"};
    }
    return plan.path.empty() ? open_anonymous(plan) : open_file(plan);
}

Region::Region(Region&& other) noexcept
    : file_(std::exchange(other.file_, -1)), memory_(std::exchange(other.memory_, nullptr)),
      mapped_(other.mapped_), origin_(other.origin_)
{
}

Region& Region::operator=(Region&& other) noexcept
{
    std::swap(file_, other.file_);
    std::swap(memory_, other.memory_);
    std::swap(mapped_, other.mapped_);
    std::swap(origin_, other.origin_);
    return *this;
}

Region::~Region()
{
    if (memory_ != nullptr) {
        munmap(memory_, mapped_);
    }
    if (file_ >= 0) {
        close(file_);
    }
}

/// Owns the file from now on.
Region Region::map(int file, std::size_t bytes)
{
    Region region{file, nullptr, std::max(bytes, reserved)};
    auto* memory = mmap(nullptr, region.mapped_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) { // a limit on address space: then it cannot grow
        region.mapped_ = bytes;
        memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    if (memory == MAP_FAILED) {
        refuse("the session zone cannot be mapped", errno);
    }
    madvise(memory, region.mapped_, MADV_DONTDUMP);
    region.memory_ = memory;
    return region;
}

// Of the descriptors that a new binary inherits from the old one, this one is known by its name.
Region Region::open_anonymous(const RegionPlan& plan)
{
    if (const auto inherited = find_anonymous(plan.name)) {
        const auto file = fcntl(*inherited, F_DUPFD, 0);
        auto region = map(file, std::max(size_of(file), plan.bytes));
        if (size_of(file) >= MemoryStore::smallest && MemoryStore::is_formatted(region.memory_)) {
            return join(std::move(region));
        }
    }
    const auto file = memfd_create(link_name(plan.name).c_str(), 0);
    if (file < 0) {
        refuse("no memory for a session zone", errno);
    }
    return lay_out(map(file, plan.bytes), plan.bytes, Origin::created);
}

// Who uses the file holds a shared lock on it, with all that it has forked; who can have it alone
// is the first.
Region Region::open_file(const RegionPlan& plan)
{
    for (;;) {
        Region opened{open_at(plan.path, 0), nullptr, 0};
        const bool is_alone = lock_file(opened.file_, plan.path);
        if (is_still_at(opened.file_, plan.path)) { // else it was replaced just now
            const auto size = size_of(opened.file_);
            auto region = map(std::exchange(opened.file_, -1), std::max(size, plan.bytes));
            return is_alone ? begin(std::move(region), size, plan)
                            : follow(std::move(region), size, plan);
        }
    }
}

/// The file is this process's alone.
Region Region::begin(Region region, std::size_t size, const RegionPlan& plan)
{
    if (size == 0) {
        region = lay_out(std::move(region), plan.bytes, Origin::created);
    } else if (MemoryStore::recover(region.memory_, size)) {
        MemoryStore{region.memory_}.allow_growth(region.mapped_, true);
        region.origin_ = Origin::recovered;
        if (size != plan.bytes) {
            region.resize(plan.bytes);
        }
    } else {
        return replace_file(plan);
    }
    flock(region.file_, LOCK_SH);
    return region;
}

/// Others use it.
Region Region::follow(Region region, std::size_t size, const RegionPlan& plan)
{
    const bool is_usable =
        size >= MemoryStore::smallest && MemoryStore::is_formatted(region.memory_);
    return is_usable ? join(std::move(region)) : replace_file(plan);
}

/// Who uses the old one goes on with it.
Region Region::replace_file(const RegionPlan& plan)
{
    const auto fresh = plan.path + ".new";
    unlink(fresh.c_str());
    auto region = lay_out(map(open_at(fresh, O_EXCL), plan.bytes), plan.bytes, Origin::replaced);
    flock(region.file_, LOCK_SH);
    if (rename(fresh.c_str(), plan.path.c_str()) != 0) {
        refuse("the session file " + plan.path + " cannot be replaced", errno);
    }
    return region;
}

Region Region::join(Region region)
{
    MemoryStore store{region.memory_};
    store.allow_growth(region.mapped_, false);
    region.origin_ = Origin::joined;
    return region;
}

Region Region::lay_out(Region region, std::size_t bytes, Origin origin)
{
    allocate(region.file_, bytes);
    MemoryStore::format(region.memory_, bytes);
    MemoryStore{region.memory_}.allow_growth(region.mapped_, true);
    region.origin_ = origin;
    return region;
}

void Region::resize(std::size_t bytes)
{
    MemoryStore store{memory_};
    const auto before = size_of(file_);
    if (bytes > before) {
        allocate(file_, bytes);
    }
    store.resize(bytes);
    if (bytes < before && ftruncate(file_, static_cast<off_t>(bytes)) != 0) {
        refuse("the session zone cannot be made smaller", errno);
    }
}

InheritedBytes inherited_bytes(const std::string& name, std::size_t bytes)
{
    const auto inherited = find_anonymous(name);
    const auto file = inherited ? *inherited : memfd_create(link_name(name).c_str(), 0);
    if (file < 0) {
        refuse("no memory to be handed on", errno);
    }
    const bool is_new = size_of(file) != bytes;
    if (is_new && (ftruncate(file, 0) != 0 || ftruncate(file, static_cast<off_t>(bytes)) != 0)) {
        refuse("no memory to be handed on", errno);
    }
    auto* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) {
        refuse("memory to be handed on cannot be mapped", errno);
    }
    madvise(memory, bytes, MADV_DONTDUMP);
    return {memory, is_new};
}

bool Region::is_in_memory(const std::string& path)
{
    const auto slash = path.rfind('/');
    const auto directory = slash == path.npos ? "." : path.substr(0, slash + 1);
    struct statfs status = {};
    return statfs(directory.c_str(), &status) == 0 && status.f_type == TMPFS_MAGIC;
}

} // namespace ciam::store
