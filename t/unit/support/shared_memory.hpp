// Memory that processes share, records whose content proves itself, and processes to share with.
#pragma once

#include "base/record.hpp"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ciam::test {

class SharedMemory {
public:
    explicit SharedMemory(std::size_t bytes) : file_(memfd_create("test", 0)), bytes_(bytes)
    {
        if (file_ < 0 || ftruncate(file_, static_cast<off_t>(bytes)) != 0) {
            throw std::runtime_error{"no shared memory"};
        }
        first_ = map();
    }
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    ~SharedMemory()
    {
        munmap(first_, bytes_);
        munmap(second_, second_ != nullptr ? bytes_ : 0);
        close(file_);
    }

    void* get() const { return first_; }
    std::size_t size() const { return bytes_; }
    /// The same memory at another address.
    void* elsewhere() { return second_ != nullptr ? second_ : second_ = map(); }

private:
    void* map() const
    {
        void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
        if (memory == MAP_FAILED) {
            throw std::runtime_error{"no shared memory"};
        }
        return memory;
    }

    int file_;
    std::size_t bytes_;
    void* first_ = nullptr;
    void* second_ = nullptr;
};

/// Looks like the output of a keyed hash (splitmix64).
inline base::RecordId id_of(std::uint64_t number)
{
    base::RecordId id;
    auto state = number * 0x9e3779b97f4a7c15U;
    for (std::size_t i = 0; i < id.size(); i += sizeof(state)) {
        auto word = state += 0x9e3779b97f4a7c15U;
        word = (word ^ (word >> 30U)) * 0xbf58476d1ce4e5b9U;
        word = (word ^ (word >> 27U)) * 0x94d049bb133111ebU;
        word ^= word >> 31U;
        std::memcpy(id.data() + i, &word, sizeof(word));
    }
    return id;
}

/// At least 8 bytes, all of which follow from the seed and the size.
inline std::string text_of(std::uint64_t seed, std::size_t size)
{
    std::string text(size, '\0');
    std::memcpy(text.data(), &seed, sizeof(seed));
    auto state = seed + size;
    for (std::size_t i = sizeof(seed); i < size; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        text[i] = static_cast<char>(state >> 56U);
    }
    return text;
}

inline std::uint64_t seed_of(const std::string& text)
{
    std::uint64_t seed = 0;
    std::memcpy(&seed, text.data(), sizeof(seed));
    return seed;
}

inline bool is_whole(const std::string& text)
{
    return text.size() >= sizeof(std::uint64_t) && text == text_of(seed_of(text), text.size());
}

/// Runs `act` in a process of its own, which ends with what it returns: true is success.
template <class Act> pid_t start_process(Act act)
{
    const auto child = fork();
    if (child < 0) {
        throw std::runtime_error{"no process"};
    }
    if (child == 0) {
        alarm(60);
        int code = 2;
        try {
            code = act() ? 0 : 1;
        } catch (...) {
        }
        _exit(code);
    }
    return child;
}

/// True when the process ended by itself and with success.
inline bool ended_well(pid_t child)
{
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

inline void kill_process(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

} // namespace ciam::test
