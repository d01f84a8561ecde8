#include "store/robust_lock.hpp"

#include "base/error.hpp"

#include <cerrno>

namespace ciam::store {

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
    switch (pthread_mutex_lock(&mutex)) {
    case 0:
        return Acquired::yes;
    case EOWNERDEAD:
        return Acquired::after_death;
    default:
        return Acquired::no;
    }
}

RobustLock::~RobustLock()
{
    if (held()) {
        pthread_mutex_unlock(&mutex_);
    }
}

} // namespace ciam::store
