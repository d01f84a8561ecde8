// A lock between processes that outlives the process that holds it: whoever comes after a death
// repairs what the lock protects before anybody looks at it.
#pragma once

#include <cstdint>
#include <pthread.h>

namespace ciam::store {

/// Throws base::Error.
void init_robust_mutex(pthread_mutex_t& mutex);

/// Holds the lock while it lives. `repair` must not throw; it is called again by the next process
/// should this one die in it.
class RobustLock {
public:
    template <class Repair>
    RobustLock(pthread_mutex_t& mutex, Repair repair) noexcept
        : mutex_(mutex), acquired_(acquire(mutex))
    {
        if (acquired_ == Acquired::after_death) {
            repair();
            pthread_mutex_consistent(&mutex_);
        }
    }
    RobustLock(const RobustLock&) = delete;
    RobustLock& operator=(const RobustLock&) = delete;
    ~RobustLock();

    /// False only when the mutex itself is no mutex any more.
    bool held() const noexcept { return acquired_ != Acquired::no; }
    /// Did another process hold it at first? Then for so long.
    bool has_waited() const noexcept { return has_waited_; }
    std::uint64_t waited_microseconds() const noexcept { return waited_microseconds_; }

private:
    enum class Acquired : std::uint8_t { no, yes, after_death };
    Acquired acquire(pthread_mutex_t& mutex) noexcept;
    int wait_for(pthread_mutex_t& mutex) noexcept;

    pthread_mutex_t& mutex_;
    bool has_waited_ = false;
    std::uint64_t waited_microseconds_ = 0;
    Acquired acquired_;
};

} // namespace ciam::store
