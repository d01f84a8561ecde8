#include "module/status.hpp"

#include "module/build_id.hpp"
#include "module/guard.hpp"
#include "module/request_fields.hpp"
#include "module/respond.hpp"
#include "module/status_report.hpp"
#include "module/worker.hpp"
#include "module/zones.hpp"

#include <algorithm>
#include <array>

namespace ciam::module {
namespace {

using store::Counter;

constexpr std::array<std::pair<Counter, const char*>, store::counter_count> counter_names{{
    {Counter::logins_begun, "logins_begun"},
    {Counter::logins_finished, "logins_finished"},
    {Counter::logins_refused, "logins_refused"},
    {Counter::logins_failed, "logins_failed"},
    {Counter::logouts, "logouts"},
    {Counter::requests_denied, "requests_denied"},
    {Counter::metadata_fetched, "metadata_fetched"},
    {Counter::metadata_failed, "metadata_failed"},
}};

void add_worker(StatusReport& report, Worker& worker)
{
    for (const auto& [counter, name] : counter_names) {
        report.counters.emplace_back(name, worker.counters().read(counter));
    }
    for (const auto& provider : worker.conf().providers) {
        report.providers.push_back(provider_status(*provider, worker.board()));
    }
    for (auto* zone : worker.conf().session_zones) {
        ZoneStatus status{to_string(zone->shm.name),
                          store::MemoryStore{session_memory(zone)}.status()};
        if (const auto oldest = status.store.oldest_use) {
            status.oldest_idle = static_cast<std::uint64_t>(std::max(ngx_time() - *oldest, 0L));
        }
        if (const auto* shared = worker.shared_sessions(zone)) {
            status.redis = shared->status();
        }
        report.zones.push_back(std::move(status));
    }
}

StatusReport report_of(const ngx_http_request_t* r)
{
    StatusReport report;
    report.version = CIAM_VERSION;
    report.build_id = build_id();
    report.nginx = NGINX_VERSION;
    report.pid = ngx_pid;
    if (serves(r)) {
        add_worker(report, *worker());
    }
    return report;
}

bool wants_metrics(ngx_http_request_t* r)
{
    const auto accept = request_field(r, "accept");
    const auto text =
        std::min(accept.find("text/plain"), accept.find("application/openmetrics-text"));
    return text < accept.find("application/json");
}

} // namespace

ngx_int_t serve_status(ngx_http_request_t* r)
{
    if (r->method != NGX_HTTP_GET && r->method != NGX_HTTP_HEAD) {
        return NGX_HTTP_NOT_ALLOWED;
    }
    return guarded_content(r, [&] {
        const auto report = report_of(r);
        return wants_metrics(r)
                   ? give_text(r, "text/plain; version=0.0.4; charset=utf-8", to_prometheus(report))
                   : give_text(r, "application/json", to_json(report));
    });
}

} // namespace ciam::module
