#include "module/housekeeper.hpp"

#include "module/counts.hpp"
#include "store/journal.hpp"
#include "store/snapshot.hpp"

#include <csignal>
#include <utility>

namespace ciam::module {
namespace {

constexpr ngx_msec_t every = 1000;
constexpr std::size_t looks_each_time = 64; // in each shard

void save(store::MemoryStore& store, const std::string& path)
{
    store::Journal::begin_snapshot(path);
    store::save_snapshot(store, path, time(nullptr));
    store::Journal::end_snapshot(path);
}

/// The name of the zone and its size, in megabytes and as nginx writes them.
std::string larger(const SessionZonePlan& plan)
{
    return plan.name + ':' + std::to_string((plan.bytes >> 20U) * 2 + 1) + 'm';
}

} // namespace

Housekeeper::Housekeeper(ngx_cycle_t* cycle, const MainConf& conf, store::Tallies& tallies)
    : log_(cycle->log), tallies_(tallies), timer_(this, log_, decltype(timer_)::Exit::goes_on)
{
    for (const auto* anchor : conf.session_zones) {
        store::MemoryStore store{session_memory(anchor)};
        zones_.push_back({anchor, store, store.status().evicted_live});
    }
    timer_.after(every);
}

Housekeeper::~Housekeeper()
{
    if (writer_.joinable()) {
        writer_.join();
    }
}

void Housekeeper::tick() noexcept
{
    try {
        for (auto& zone : zones_) {
            if (is_to_sweep(zone)) {
                zone.store.sweep(ngx_time(), looks_each_time);
            }
            tell_of_evictions(zone);
            if (is_my_turn(zone)) {
                write_snapshot(zone);
            }
        }
    } catch (const std::exception& error) {
        ngx_log_error(NGX_LOG_ERR, log_, 0, "ciam: session zones: %s", error.what());
    }
    if (!ngx_exiting && !ngx_terminate) {
        timer_.after(every);
    }
}

void Housekeeper::tell_of_evictions(Zone& zone)
{
    const auto now = zone.store.status().evicted_live;
    const auto before = std::exchange(zone.evicted, now);
    if (now > before) {
        log_sparsely({.log = log_,
                      .level = NGX_LOG_WARN,
                      .provider = {},
                      .text = "session zone \"" + to_string(zone.anchor->shm.name) +
                              "\" is full: customers who had not come for longest have to log in "
                              "again; write oidc_session_zone zone=" +
                              larger(session_zone_of(zone.anchor).plan),
                      .ending = " (" + std::to_string(now) + " sessions since it was made)"});
    }
}

/// Each second, the first worker that comes. Should it die, the next second has another; when
/// nobody can tell whose turn it is, everybody's.
bool Housekeeper::is_to_sweep(const Zone& zone)
{
    bool first = true;
    const auto key = tally_key("sweep", to_view(zone.anchor->shm.name));
    const auto second = static_cast<std::uint32_t>(ngx_time() % 60) + 1; // 0: none in this minute
    tallies_.with(key, ngx_time(), [&](store::Tally& tally) {
        first = std::exchange(tally.events, second) != second;
    });
    return first;
}

/// Once a minute, one worker of all.
bool Housekeeper::is_my_turn(const Zone& zone)
{
    bool first = false;
    if (!session_zone_of(zone.anchor).plan.snapshot.empty() && !is_writing_) {
        const auto key = tally_key("snapshot", to_view(zone.anchor->shm.name));
        tallies_.with(key, ngx_time(), [&](store::Tally& tally) { first = tally.events++ == 0; });
    }
    return first;
}

void Housekeeper::write_snapshot(const Zone& zone)
{
    if (writer_.joinable()) {
        writer_.join();
    }
    is_writing_ = true;
    // nginx' signals are for the thread that runs its loop.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    writer_ = std::thread{[this, store = zone.store, anchor = zone.anchor]() mutable {
        try {
            save(store, session_zone_of(anchor).plan.snapshot);
        } catch (const std::exception& error) {
            ngx_log_error(NGX_LOG_ERR, log_, 0, "ciam: snapshot of session zone \"%V\": %s",
                          &anchor->shm.name, error.what());
        }
        is_writing_ = false;
    }};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void save_snapshots(ngx_cycle_t* cycle)
{
    const auto* conf =
        static_cast<MainConf*>(ngx_http_cycle_get_module_main_conf(cycle, ngx_http_ciam_module));
    if (conf == nullptr || ngx_test_config) {
        return;
    }
    for (const auto* anchor : conf->session_zones) {
        const auto& zone = session_zone_of(anchor);
        if (zone.plan.snapshot.empty() || !zone.region) {
            continue;
        }
        try {
            store::MemoryStore store{zone.region->memory()};
            save(store, zone.plan.snapshot);
        } catch (const std::exception& error) {
            ngx_log_error(NGX_LOG_ERR, cycle->log, 0, "ciam: snapshot of session zone \"%V\": %s",
                          &anchor->shm.name, error.what());
        }
    }
}

} // namespace ciam::module
