#include "store/robust_lock.hpp"

#include "base/error.hpp"

#include <cerrno>
#include <chrono>

namespace ciam::store {
namespace {

void pause()
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

} // namespace

void init_robust_mutex(pthread_mutex_t& mutex)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);
    if (error == 0) {
        error = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        if (error == 0) {
            error = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        }
        if (error == 0) {
            error = pthread_mutex_init(&mutex, &attributes);
        }
        pthread_mutexattr_destroy(&attributes);
    }
    if (error != 0) {
        throw base::Error{base::Fault::internal,
                          "this system has no robust locks between processes"};
    }
}

RobustLock::Acquired RobustLock::acquire(pthread_mutex_t& mutex) noexcept
{
    auto result = pthread_mutex_trylock(&mutex);
    if (result == EBUSY) {
        result = wait_for(mutex);
    }
    switch (result) {
    case 0:
        return Acquired::yes;
    case EOWNERDEAD:
        return Acquired::after_death;
    default:
        return Acquired::no;
    }
}

// What the lock protects takes less than a microsecond: as a rule it is free again before the
// kernel could have put this process to sleep.
int RobustLock::wait_for(pthread_mutex_t& mutex) noexcept
{
    using Clock = std::chrono::steady_clock;
    constexpr int tries = 50;
    const auto start = Clock::now();
    auto result = EBUSY;
    for (int i = 0; i < tries && result == EBUSY; ++i) {
        pause();
        result = pthread_mutex_trylock(&mutex);
    }
    if (result == EBUSY) {
        result = pthread_mutex_lock(&mutex);
    }
    const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
    has_waited_ = true;
    waited_microseconds_ = static_cast<std::uint64_t>(waited.count());
    return result;
}

RobustLock::~RobustLock()
{
    if (held()) {
        pthread_mutex_unlock(&mutex_);
    }
}

} // namespace ciam::store
