#include "module/status_report.hpp"

#include "base/error.hpp"
#include "base/json.hpp"

namespace ciam::module {
namespace {

using Owned = std::unique_ptr<json_t, base::JsonRelease>;

json_t* made(json_t* value)
{
    if (value == nullptr) {
        throw base::Error{base::Fault::internal, "out of memory for the status"};
    }
    return value;
}

json_t* number(std::uint64_t value)
{
    return made(json_integer(static_cast<json_int_t>(value)));
}

json_t* array_of(const auto& items, auto make)
{
    json_t* array = made(json_array());
    for (const auto& item : items) {
        json_array_append_new(array, make(item));
    }
    return array;
}

json_t* provider_json(const ProviderStatus& provider)
{
    return made(json_pack(
        "{s:s, s:s, s:s, s:o, s:o}", "name", provider.name.c_str(), "issuer",
        provider.issuer.c_str(), "metadata", provider.has_metadata ? "present" : "missing",
        "metadata_age_seconds",
        provider.has_metadata ? number(static_cast<std::uint64_t>(provider.age)) : json_null(),
        "last_failure",
        provider.last_failure.empty() ? json_null()
                                      : made(json_string(provider.last_failure.c_str()))));
}

json_t* redis_json(const RedisStatus& redis)
{
    return made(json_pack("{s:b, s:o, s:o, s:o}", "connected", redis.is_connected ? 1 : 0, "since",
                          number(static_cast<std::uint64_t>(redis.since)), "last_error",
                          redis.last_error.empty() ? json_null()
                                                   : made(json_string(redis.last_error.c_str())),
                          "queued_deletions", number(redis.queued_deletions)));
}

/// Each has the tag of its subject.
std::uint64_t sessions(const store::MemoryStoreStatus& store)
{
    return store.records - store.untagged;
}

json_t* zone_json(const ZoneStatus& zone)
{
    json_t* object = made(json_object());
    const auto set = [object](const char* name, json_t* value) {
        json_object_set_new(object, name, made(value));
    };
    const auto& store = zone.store;
    set("name", json_string(zone.name.c_str()));
    set("size_bytes", number(store.bytes_total));
    set("used_bytes", number(store.bytes_used));
    set("sessions", number(sessions(store)));
    set("logout_notes", number(store.untagged));
    set("tombstones", number(store.tombstones));
    set("expired", number(store.expired));
    set("evicted_live", number(store.evicted_live));
    set("damaged", number(store.damaged));
    set("shards_rebuilt", number(store.rebuilt));
    set("oldest_idle_seconds", zone.oldest_idle ? number(*zone.oldest_idle) : json_null());
    set("lock_waits", number(store.lock_waits));
    set("lock_wait_p999_us", number(store.lock_wait_p999_us()));
    set("redis", zone.redis ? redis_json(*zone.redis) : json_null());
    return object;
}

json_t* counters_json(const StatusReport& report)
{
    json_t* object = made(json_object());
    for (const auto& [name, value] : report.counters) {
        json_object_set_new(object, name.c_str(), number(value));
    }
    return object;
}

/// A label's value: text format, "Comments, help text, and type information".
std::string label(const std::string& text)
{
    std::string escaped;
    for (const char c : text) {
        if (c == '\\' || c == '"') {
            escaped += '\\';
        }
        escaped += c == '\n' ? ' ' : c;
    }
    return '"' + escaped + '"';
}

class Metrics {
public:
    void family(const std::string& name, const char* type, const char* help)
    {
        name_ = "nginx_ciam_" + name;
        text_ += "# HELP " + name_ + ' ' + help + "\n# TYPE " + name_ + ' ' + type + '\n';
    }
    void sample(const std::string& labels, std::uint64_t value)
    {
        text_ +=
            name_ + (labels.empty() ? "" : '{' + labels + '}') + ' ' + std::to_string(value) + '\n';
    }
    std::string take() { return std::move(text_); }

private:
    std::string name_;
    std::string text_;
};

void add_zones(Metrics& metrics, const StatusReport& report)
{
    const auto each = [&](const char* name, const char* type, const char* help, auto value) {
        metrics.family(name, type, help);
        for (const auto& zone : report.zones) {
            metrics.sample("zone=" + label(zone.name), value(zone.store));
        }
    };
    each("zone_size_bytes", "gauge", "Size of the session zone.",
         [](const auto& s) { return s.bytes_total; });
    each("zone_used_bytes", "gauge", "Bytes of it that are in use.",
         [](const auto& s) { return s.bytes_used; });
    each("sessions", "gauge", "Sessions in the zone.", sessions);
    each("logout_notes", "gauge", "Logout tokens that are remembered, and the like.",
         [](const auto& s) { return s.untagged; });
    each("sessions_evicted_total", "counter", "Sessions dropped for lack of room.",
         [](const auto& s) { return s.evicted_live; });
    each("sessions_expired_total", "counter", "Sessions dropped after their time.",
         [](const auto& s) { return s.expired; });
    each("lock_waits_total", "counter", "Times that a worker waited for another in the zone.",
         [](const auto& s) { return s.lock_waits; });
}

void add_redis(Metrics& metrics, const StatusReport& report)
{
    const auto each = [&](const char* name, const char* help, auto value) {
        metrics.family(name, "gauge", help);
        for (const auto& zone : report.zones) {
            if (zone.redis) {
                metrics.sample("zone=" + label(zone.name), value(*zone.redis));
            }
        }
    };
    each("redis_up", "1: the worker that answers is connected to the zone's Redis.",
         [](const auto& redis) { return redis.is_connected ? 1U : 0U; });
    each("redis_queued_deletions", "Sessions that have ended and that Redis has still to delete.",
         [](const auto& redis) { return redis.queued_deletions; });
}

void add_providers(Metrics& metrics, const StatusReport& report)
{
    metrics.family("provider_up", "gauge",
                   "1: the provider's metadata and keys could be fetched last.");
    for (const auto& provider : report.providers) {
        const bool up = provider.has_metadata && provider.last_failure.empty();
        metrics.sample("provider=" + label(provider.name), up ? 1 : 0);
    }
    metrics.family("provider_metadata_age_seconds", "gauge",
                   "Age of the provider's metadata and keys.");
    for (const auto& provider : report.providers) {
        if (provider.has_metadata) {
            metrics.sample("provider=" + label(provider.name),
                           static_cast<std::uint64_t>(provider.age));
        }
    }
}

} // namespace

std::string to_json(const StatusReport& report)
{
    const Owned json{made(json_pack("{s:{s:s, s:s, s:s, s:i}, s:o, s:o, s:o}", "module", "version",
                                    report.version.c_str(), "build_id", report.build_id.c_str(),
                                    "nginx", report.nginx.c_str(), "pid",
                                    static_cast<int>(report.pid), "counters", counters_json(report),
                                    "providers", array_of(report.providers, provider_json),
                                    "session_zones", array_of(report.zones, zone_json)))};
    const std::unique_ptr<char, decltype(&std::free)> text{
        json_dumps(json.get(), JSON_INDENT(2) | JSON_PRESERVE_ORDER), &std::free};
    if (!text) {
        throw base::Error{base::Fault::internal, "out of memory for the status"};
    }
    return std::string{text.get()} + '\n';
}

std::string to_prometheus(const StatusReport& report)
{
    Metrics metrics;
    metrics.family("info", "gauge", "Which code answers.");
    metrics.sample("version=" + label(report.version) + ",build_id=" + label(report.build_id) +
                       ",nginx=" + label(report.nginx),
                   1);
    for (const auto& [name, value] : report.counters) {
        metrics.family(name + "_total", "counter", "Since nginx started.");
        metrics.sample("", value);
    }
    add_providers(metrics, report);
    add_zones(metrics, report);
    add_redis(metrics, report);
    return metrics.take();
}

} // namespace ciam::module
