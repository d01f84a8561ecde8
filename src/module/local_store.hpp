// A session zone as a worker uses it: its memory, and the journal of what was removed where a
// snapshot has to outlive a reboot.
#pragma once

#include "module/session_zone.hpp"
#include "store/journal.hpp"

#include <optional>

namespace ciam::module {

class LocalStore {
public:
    explicit LocalStore(const ngx_shm_zone_t* zone) : memory_(session_memory(zone))
    {
        const auto& plan = session_zone_of(zone).plan;
        if (!plan.snapshot.empty()) {
            journaled_.emplace(memory_, plan.snapshot);
        }
    }
    LocalStore(const LocalStore&) = delete;
    LocalStore& operator=(const LocalStore&) = delete;
    ~LocalStore() = default;

    store::Store& store()
    {
        if (journaled_) {
            return *journaled_;
        }
        return memory_;
    }

private:
    store::MemoryStore memory_;
    std::optional<store::JournaledStore> journaled_;
};

} // namespace ciam::module
