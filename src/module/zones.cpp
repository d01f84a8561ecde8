#include "module/zones.hpp"

#include "base/random.hpp"
#include "module/counts.hpp"
#include "module/provider_values.hpp"
#include "module/shared_sessions.hpp"
#include "store/document_board.hpp"
#include "store/memory_store.hpp"
#include "store/region.hpp"

#include <algorithm>
#include <bit>

namespace ciam::module {
namespace {

// A constant rather than an address of ours: zones of the same name are known again whatever memory
// this module was loaded to.
void* zone_tag()
{
    constexpr std::uintptr_t tag = 0x6369616d;
    return reinterpret_cast<void*>(tag);
}

constexpr std::size_t document_bytes = 160 * 1024;
// Places for documents: more of them would be a zone of another size, which begins empty. They take
// no memory before something is written there.
constexpr std::size_t fewest_places = 64;
constexpr std::size_t default_session_bytes = 32 * 1024 * 1024;
constexpr const char* default_session_zone = "oidc_default";

ngx_slab_pool_t* pool_of(const ngx_shm_zone_t* zone)
{
    return reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
}

std::size_t usable_bytes(const ngx_shm_zone_t* zone)
{
    return static_cast<std::size_t>(pool_of(zone)->pfree) * ngx_pagesize;
}

/// The slab pool at the zone's start belongs to nginx (its master unlocks it when a worker dies);
/// the rest is one allocation that is ours.
template <class Format>
ngx_int_t init_zone(ngx_shm_zone_t* zone, void* old, std::size_t bytes, Format format) noexcept
{
    if (old != nullptr) { // reload: the memory that the old workers use
        zone->data = old;
        return NGX_OK;
    }
    auto* pool = pool_of(zone);
    if (zone->shm.exists) {
        zone->data = pool->data;
        return NGX_OK;
    }
    void* memory = ngx_slab_alloc(pool, bytes);
    if (memory == nullptr) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "ciam: no memory in zone \"%V\"; make it larger", &zone->shm.name);
        return NGX_ERROR;
    }
    try {
        format(memory);
    } catch (const std::exception& error) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0, "ciam: zone \"%V\": %s", &zone->shm.name,
                      error.what());
        return NGX_ERROR;
    }
    pool->data = memory;
    zone->data = memory;
    return NGX_OK;
}

/// The key goes on to a new binary, as the sessions do; nginx' own zones would not.
ngx_int_t init_key_zone(ngx_shm_zone_t* zone, void* old)
{
    if (old != nullptr || ngx_test_config) {
        zone->data = old;
        return NGX_OK;
    }
    try {
        const auto [memory, is_new] = store::inherited_bytes("key", key_bytes);
        if (is_new) {
            const base::Secret key{base::random_bytes(key_bytes)};
            ngx_memcpy(memory, key.view().data(), key_bytes);
        }
        zone->data = memory;
        return NGX_OK;
    } catch (const std::exception& error) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0, "ciam: %s", error.what());
        return NGX_ERROR;
    }
}

ngx_int_t init_deletions_zone(ngx_shm_zone_t* zone, void* old)
{
    return init_zone(zone, old, deletions_zone_bytes(), format_deletions_zone);
}

std::size_t subjects_that_fit(std::size_t bytes)
{
    std::size_t subjects = 1;
    while (store::DocumentBoard::bytes_for(subjects + 1, document_bytes) <= bytes) {
        ++subjects;
    }
    return subjects;
}

ngx_int_t init_board_zone(ngx_shm_zone_t* zone, void* old)
{
    const auto bytes = usable_bytes(zone);
    return init_zone(zone, old, bytes, [&](void* memory) {
        store::DocumentBoard::format(memory, subjects_that_fit(bytes), document_bytes);
    });
}

ngx_int_t init_counts_zone(ngx_shm_zone_t* zone, void* old)
{
    return init_zone(zone, old, counts_bytes(), format_counts);
}

/// What nginx's slab pool takes of a zone for itself, generously.
std::size_t slab_overhead()
{
    return 16 * ngx_pagesize;
}

/// Of constant size, so that a zone is known again whatever its sessions may take.
std::size_t anchor_bytes()
{
    return 8 * ngx_pagesize;
}

ngx_shm_zone_t* add_zone(ngx_conf_t* cf, std::string_view name, std::size_t size,
                         ngx_shm_zone_init_pt init)
{
    auto text = pool_copy(cf->pool, name);
    auto* zone = ngx_shared_memory_add(cf, &text, size, zone_tag());
    if (zone == nullptr) {
        wrong("the zone " + std::string{name} + " cannot be added; give it another name");
    }
    zone->init = init;
    return zone;
}

ngx_shm_zone_t* declared_zone(const MainConf& main, std::string_view name)
{
    const auto found =
        std::find_if(main.session_zones.begin(), main.session_zones.end(),
                     [&](const auto* zone) { return to_view(zone->shm.name) == name; });
    return found == main.session_zones.end() ? nullptr : *found;
}

ngx_shm_zone_t* zone_for(ngx_conf_t* cf, MainConf& main, const ProviderConf& provider)
{
    const std::string name =
        provider.session_store.empty() ? default_session_zone : provider.session_store;
    if (auto* zone = declared_zone(main, name)) {
        return zone;
    }
    if (!provider.session_store.empty()) {
        wrong("session_store " + name +
              ": there is no such zone; write oidc_session_zone zone=" + name + ":32m; in http");
    }
    return add_session_zone(cf, {name, default_session_bytes, {}, {}});
}

/// With a random key every machine, and every start, would have sessions of its own.
void require_secret_key(const MainConf& main, const ProviderConf& provider)
{
    const auto& plan = session_zone_of(provider.session_zone).plan;
    const bool is_shared = main.redis_of(provider.session_zone) != nullptr;
    const bool is_kept = is_shared || !plan.file.empty() || !plan.snapshot.empty();
    if (is_kept && main.secret_keys.empty() && !provider.secret_keys) {
        wrong(
            "oidc_session_zone with file=, snapshot= or redis= needs a key that outlives nginx and "
            "that all machines have; make one with (umask 077; openssl rand -hex 32 > "
            "/etc/nginx/oidc.key), and write secret_key_file /etc/nginx/oidc.key; in http");
    }
}

} // namespace

ngx_shm_zone_t* add_session_zone(ngx_conf_t* cf, SessionZonePlan plan)
{
    auto& main = main_conf(cf);
    if (declared_zone(main, plan.name) != nullptr) {
        wrong("the session zone " + plan.name + " is there twice; keep one");
    }
    check_session_zone(cf, plan);
    auto* zone = add_zone(cf, plan.name, anchor_bytes(), init_session_zone);
    zone->data = make_in<SessionZone>(cf->pool, std::move(plan));
    main.session_zones.push_back(zone);
    return zone;
}

ngx_int_t settle_zones(ngx_cycle_t* cycle)
{
    const auto* conf =
        static_cast<MainConf*>(ngx_http_cycle_get_module_main_conf(cycle, ngx_http_ciam_module));
    if (conf != nullptr && !ngx_test_config) {
        for (auto* zone : conf->session_zones) {
            settle_session_zone(zone);
        }
    }
    return NGX_OK;
}

void add_redis(ngx_conf_t* cf, ngx_shm_zone_t* zone, RedisConf redis)
{
    redis.session_zone = zone;
    redis.queue_zone = add_zone(cf, to_string(zone->shm.name) + "_deletions",
                                deletions_zone_bytes() + slab_overhead(), init_deletions_zone);
    main_conf(cf).redis.push_back(std::make_unique<RedisConf>(std::move(redis)));
}

void assign_zones(ngx_conf_t* cf, MainConf& main)
{
    if (main.providers.empty()) {
        return;
    }
    main.key_zone = add_zone(cf, "oidc_key", 8 * ngx_pagesize, init_key_zone);
    // Twice as many places as providers: a changed configuration shares the zone with the old one.
    const auto places = std::max(fewest_places, std::bit_ceil(2 * main.providers.size()));
    const auto board_bytes = store::DocumentBoard::bytes_for(places, document_bytes);
    main.board_zone =
        add_zone(cf, "oidc_provider_documents", board_bytes + slab_overhead(), init_board_zone);
    main.counts_zone =
        add_zone(cf, "oidc_counts", counts_bytes() + slab_overhead(), init_counts_zone);
    for (auto& provider : main.providers) {
        provider->session_zone = zone_for(cf, main, *provider);
        require_secret_key(main, *provider);
    }
}

} // namespace ciam::module
