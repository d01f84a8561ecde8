// What has to be done for session zones now and then, by one worker or another: dropping what has
// expired, telling of a zone that is too small, snapshots.
#pragma once

#include "io/nginx_event.hpp"
#include "module/conf.hpp"
#include "module/session_zone.hpp"
#include "store/tallies.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace ciam::module {

/// Of one worker.
class Housekeeper {
public:
    Housekeeper(ngx_cycle_t* cycle, const MainConf& conf, store::Tallies& tallies);
    Housekeeper(const Housekeeper&) = delete;
    Housekeeper& operator=(const Housekeeper&) = delete;
    /// A snapshot that is being written is finished.
    ~Housekeeper();

private:
    struct Zone {
        const ngx_shm_zone_t* anchor = nullptr;
        store::MemoryStore store;
        std::uint64_t evicted = 0; // when it was looked at last
    };

    void tick() noexcept;
    void tell_of_evictions(Zone& zone);
    bool is_to_sweep(const Zone& zone);
    bool is_my_turn(const Zone& zone);
    void write_snapshot(const Zone& zone);

    ngx_log_t* log_;
    store::Tallies& tallies_;
    std::vector<Zone> zones_;
    // Writing a large zone takes longer than a worker may be away from its requests.
    std::thread writer_;
    std::atomic<bool> is_writing_ = false;
    io::Event<Housekeeper, &Housekeeper::tick> timer_;
};

/// When nginx ends. The module's exit_master.
void save_snapshots(ngx_cycle_t* cycle);

} // namespace ciam::module
