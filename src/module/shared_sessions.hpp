// A session zone with Redis behind it, as one worker has it.
#pragma once

#include "module/redis_tier.hpp"
#include "store/memory_store.hpp"
#include "store/tiered_store.hpp"

namespace ciam::module {

/// What the zone beside the session zone holds.
std::size_t deletions_zone_bytes();
/// Lays out fresh memory. Throws base::Error.
void format_deletions_zone(void* memory);

class SharedSessions {
public:
    /// `memory` and `deletions` are of shared zones.
    SharedSessions(ngx_cycle_t* cycle, const RedisConf& conf, ngx_resolver_t* resolver);
    SharedSessions(const SharedSessions&) = delete;
    SharedSessions& operator=(const SharedSessions&) = delete;
    ~SharedSessions() = default;

    store::Store& store() { return store_; }

    /// False: a login would end with a session that can't be kept.
    bool can_store() const { return tier_.ready(); }

    /// For what only one machine at a time may do.
    RedisTier& tier() { return tier_; }

    RedisStatus status() const;

private:
    void tend() noexcept;

    store::MemoryStore memory_;
    store::DeletionQueue deletions_;
    RedisTier tier_;
    store::TieredStore store_;
    io::Event<SharedSessions, &SharedSessions::tend> timer_;
};

} // namespace ciam::module
