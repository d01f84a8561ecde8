// One zone of sessions: the memory behind it, which outlives this nginx' configuration, and with a
// file nginx itself.
#pragma once

#include "module/nginx.hpp"
#include "store/region.hpp"

#include <optional>
#include <string>

namespace ciam::module {

/// What `oidc_session_zone` says.
struct SessionZonePlan {
    std::string name;
    std::size_t bytes = 0;
    std::string file;     // on tmpfs; empty: anonymous memory
    std::string snapshot; // empty: none
};

/// Belongs to one configuration; the memory is found again by the next one.
struct SessionZone {
    explicit SessionZone(SessionZonePlan said) : plan(std::move(said)) {}

    SessionZonePlan plan;
    std::optional<store::Region> region; // none under nginx -t, which touches nothing
};

inline SessionZone& session_zone_of(const ngx_shm_zone_t* zone)
{
    return *static_cast<SessionZone*>(zone->data);
}

/// Where the zone's MemoryStore is. In workers, and in the master once the configuration holds.
inline void* session_memory(const ngx_shm_zone_t* zone)
{
    return session_zone_of(zone).region->memory();
}

/// nginx' zone is but an anchor: its init opens the memory.
ngx_int_t init_session_zone(ngx_shm_zone_t* zone, void* old);

/// Once a configuration holds, so that one that is rolled back has changed nothing: gives the
/// memory its new size.
void settle_session_zone(ngx_shm_zone_t* zone);

/// What is known when nginx -t runs, from the path alone. Throws base::Error{Fault::configuration}.
void check_session_zone(ngx_conf_t* cf, const SessionZonePlan& plan);

} // namespace ciam::module
