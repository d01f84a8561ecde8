// The facts behind oidc_status, and their two ways of being written.
#pragma once

#include "base/time.hpp"
#include "module/redis_tier.hpp"
#include "store/memory_store.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ciam::module {

struct ProviderStatus {
    std::string name;
    std::string issuer;
    bool has_metadata = false; // of the provider, and its keys
    base::Seconds age = 0;     // of these
    std::string last_failure;  // why they could not be fetched; empty: they are fresh
};

struct ZoneStatus {
    std::string name;
    store::MemoryStoreStatus store{};
    std::optional<std::uint64_t> oldest_idle{}; // seconds; see MemoryStoreStatus::oldest_use
    std::optional<RedisStatus> redis{};         // where there is one
};

struct StatusReport {
    std::string version;
    std::string build_id; // of the code that answers, see build_id.hpp
    std::string nginx;
    long pid = 0;
    std::vector<std::pair<std::string, std::uint64_t>> counters; // since nginx started
    std::vector<ProviderStatus> providers;
    std::vector<ZoneStatus> zones;
};

std::string to_json(const StatusReport& report);
/// Text format 0.0.4.
std::string to_prometheus(const StatusReport& report);

} // namespace ciam::module
