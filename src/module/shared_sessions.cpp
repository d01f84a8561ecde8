#include "module/shared_sessions.hpp"

#include "module/zones.hpp"

namespace ciam::module {
namespace {

constexpr std::size_t most_deletions = 4096;
constexpr ngx_msec_t tend_every = 1000;

ReportedSpan& span_in(const ngx_shm_zone_t* zone)
{
    return *static_cast<ReportedSpan*>(zone_memory(zone));
}

void* queue_in(void* memory)
{
    return static_cast<ReportedSpan*>(memory) + 1;
}

store::Millis wall_clock()
{
    const auto* time = ngx_timeofday();
    return static_cast<store::Millis>(time->sec) * 1000 + static_cast<store::Millis>(time->msec);
}

} // namespace

std::size_t deletions_zone_bytes()
{
    return sizeof(ReportedSpan) + store::DeletionQueue::bytes_for(most_deletions);
}

void format_deletions_zone(void* memory)
{
    new (memory) ReportedSpan{};
    store::DeletionQueue::format(queue_in(memory), most_deletions);
}

SharedSessions::SharedSessions(ngx_cycle_t* cycle, const RedisConf& conf, ngx_resolver_t* resolver)
    : memory_(session_memory(conf.session_zone)),
      deletions_(queue_in(zone_memory(conf.queue_zone))),
      tier_(cycle, conf, resolver, span_in(conf.queue_zone)),
      store_(memory_, tier_, deletions_,
             {static_cast<store::Millis>(conf.recheck), static_cast<store::Millis>(conf.grace)},
             wall_clock),
      timer_(this, cycle->log, decltype(timer_)::Exit::goes_on)
{
    tier_.report_to({[this](const store::RecordChange& change) { store_.changed(change); },
                     [this] { store_.work_off_deletions(); }});
    timer_.after(tend_every);
}

void SharedSessions::tend() noexcept
{
    timer_.after(tend_every);
    store_.work_off_deletions();
}

RedisStatus SharedSessions::status() const
{
    RedisStatus status = tier_.status();
    status.queued_deletions = store_.queued_deletions();
    return status;
}

} // namespace ciam::module
