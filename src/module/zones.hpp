// The memory that workers share: K, the providers' documents, the sessions.
#pragma once

#include "module/conf.hpp"
#include "module/session_zone.hpp"

#include <string_view>

namespace ciam::module {

constexpr std::size_t smallest_session_zone = 128 * 1024;
constexpr std::size_t key_bytes = 32;

/// Declares a zone for sessions. Throws base::Error{Fault::configuration} for a name used twice.
ngx_shm_zone_t* add_session_zone(ngx_conf_t* cf, SessionZonePlan plan);

/// Puts Redis behind it.
void add_redis(ngx_conf_t* cf, ngx_shm_zone_t* zone, RedisConf redis);

/// The module's init_module: a new configuration holds.
ngx_int_t settle_zones(ngx_cycle_t* cycle);

/// Once all is read: adds the zones that are needed and gives each provider its own.
void assign_zones(ngx_conf_t* cf, MainConf& main);

/// What a zone's init left: 32 random bytes, a formatted DocumentBoard, the counts. For sessions
/// there is session_memory().
inline void* zone_memory(const ngx_shm_zone_t* zone)
{
    return zone->data;
}

} // namespace ciam::module
