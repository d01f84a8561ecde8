// The session store as everybody sees it: asynchronous, so that a shared tier behind the network
// can stand here as well as shared memory.
#pragma once

#include "base/record.hpp"

#include <functional>
#include <memory>

namespace ciam::store {

/// A request that is under way. Destroying it means that nobody wants the reply; a change that was
/// asked for happens all the same.
class Pending {
public:
    virtual ~Pending() = default;
};

class Store {
public:
    virtual ~Store() = default;

    /// Answers at once into `reply` and returns null, or returns the request under way and calls
    /// `done` later, once, never from within ask(). `reply` may be used again and again: its
    /// strings keep their capacity.
    virtual std::unique_ptr<Pending> ask(const base::StoreRequest& request, base::StoreReply& reply,
                                         std::function<void(base::StoreReply)> done) = 0;
};

} // namespace ciam::store
