#include "module/worker.hpp"

#include "base/error.hpp"
#include "module/bearer_tokens.hpp"
#include "module/counts.hpp"
#include "module/zones.hpp"

#include <algorithm>

namespace ciam::module {
namespace {

constexpr ngx_msec_t tend_at_start = 1;
constexpr ngx_msec_t tend_while_missing = 1000;
constexpr ngx_msec_t tend_when_fresh = 30 * 1000;
constexpr std::size_t most_fetched_ahead = 20; // of providers, in order of appearance
constexpr std::size_t most_at_once = 20;       // of fetches that no request waits for

std::unique_ptr<Worker> the_worker; // NOLINT: conventions 10, the one global

std::unique_ptr<jose::Keyring> server_keyring(const MainConf& conf)
{
    if (!conf.secret_keys.empty()) {
        return std::make_unique<jose::Keyring>(
            jose::Keyring::from_file_text(conf.secret_keys.view()));
    }
    const auto* key = static_cast<const char*>(zone_memory(conf.key_zone));
    return std::make_unique<jose::Keyring>(std::string_view{key, key_bytes});
}

const ngx_http_core_loc_conf_t& http_level_conf(ngx_cycle_t* cycle)
{
    auto* http =
        reinterpret_cast<ngx_http_conf_ctx_t*>(ngx_get_conf(cycle->conf_ctx, ngx_http_module));
    return *static_cast<ngx_http_core_loc_conf_t*>(http->loc_conf[ngx_http_core_module.ctx_index]);
}

/// nginx makes an empty resolver where none is configured.
ngx_resolver_t* configured_resolver(const ngx_http_core_loc_conf_t& conf)
{
    return conf.resolver != nullptr && conf.resolver->connections.nelts > 0 ? conf.resolver
                                                                            : nullptr;
}

} // namespace

Worker::Worker(ngx_cycle_t* cycle, const MainConf& conf)
    : conf_(conf), http_level_(http_level_conf(cycle)), board_(zone_memory(conf.board_zone)),
      counters_(counters_in(zone_memory(conf.counts_zone))),
      tallies_(tallies_in(zone_memory(conf.counts_zone))),
      tally_secret_(tally_secret_in(zone_memory(conf.counts_zone))), http_(cycle),
      providers_(conf.providers.size()),
      refresher_(turns_in(zone_memory(conf.counts_zone)), cycle->log)
{
    keyrings_[nullptr] = server_keyring(conf);
    add_shared_sessions(cycle, configured_resolver(http_level_));
    fetch_ahead();
    tend_timer_.handler = [](ngx_event_t* event) { static_cast<Worker*>(event->data)->tend(); };
    tend_timer_.data = this;
    tend_timer_.log = cycle->log;
    tend_timer_.cancelable = 1; // or an old worker would never exit
    ngx_add_timer(&tend_timer_, tend_at_start);
    housekeeper_.emplace(cycle, conf, tallies_);
}

Worker::~Worker()
{
    if (tend_timer_.timer_set) {
        ngx_del_timer(&tend_timer_);
    }
}

const jose::Keyring& Worker::keyring_of(const ProviderConf& provider)
{
    auto& keyring = keyrings_[provider.secret_keys.get()];
    if (!keyring) {
        keyring = std::make_unique<jose::Keyring>(
            jose::Keyring::from_file_text(provider.secret_keys->view()));
    }
    return *keyring;
}

void Worker::add_shared_sessions(ngx_cycle_t* cycle, ngx_resolver_t* resolver)
{
    for (const auto& redis : conf_.redis) {
        shared_[redis->session_zone] = std::make_unique<SharedSessions>(cycle, *redis, resolver);
    }
}

store::Store& Worker::store_of(const ngx_shm_zone_t* zone)
{
    const auto shared = shared_.find(zone);
    if (shared != shared_.end()) {
        return shared->second->store();
    }
    auto& store = stores_[zone];
    if (!store) {
        store = std::make_unique<LocalStore>(zone);
    }
    return store->store();
}

io::CallOptions Worker::call_options(const ProviderConf& provider) const
{
    io::CallOptions options;
    options.connect_timeout_ms = static_cast<long>(provider.connect_timeout);
    options.total_timeout_ms = static_cast<long>(provider.total_timeout);
    options.trust = provider.trust.get();
    options.identity = provider.identity;
    options.resolver = configured_resolver(http_level_);
    options.resolver_timeout_ms = http_level_.resolver_timeout;
    return options;
}

ProviderRuntime& Worker::add_provider(const ProviderConf& provider)
{
    const auto& keyring = keyring_of(provider);
    // NOLINTNEXTLINE(modernize-make-unique): clang 14 makes no aggregate in parentheses
    auto runtime = std::unique_ptr<ProviderRuntime>(
        new ProviderRuntime{provider,
                            keyring,
                            flow::SessionSealer{keyring, provider.client},
                            store_of(provider.session_zone),
                            shared_sessions(provider.session_zone),
                            call_options(provider),
                            {},
                            {}});
    watches_.reserve(watches_.size() + 1);
    auto& watch = runtime->watch.emplace(provider, board_, http_, runtime->call_options);
    watches_.push_back(&watch);
    providers_[provider.index] = std::move(runtime);
    return *providers_[provider.index];
}

/// Thousands of providers at once would be a flood, for them and for us.
void Worker::fetch_ahead()
{
    const auto count = std::min(providers_.size(), most_fetched_ahead);
    for (std::size_t i = 0; i < count; ++i) {
        add_provider(*conf_.providers[i]).watch->keep_fresh();
    }
}

void Worker::tend()
{
    opened_sessions_.forget_idle(ngx_time());
    auto under_way = static_cast<std::size_t>(std::count_if(
        watches_.begin(), watches_.end(), [](const auto* watch) { return watch->is_fetching(); }));
    bool all_fresh = true;
    for (auto* watch : watches_) {
        const bool is_fresh = watch->is_fresh();
        all_fresh = all_fresh && is_fresh;
        if (!is_fresh && !ngx_exiting && under_way < most_at_once && watch->fetch()) {
            ++under_way;
        }
    }
    if (!ngx_terminate) { // one that exits may take long, and what it has opened is to go
        const bool may_wait = all_fresh || ngx_exiting;
        ngx_add_timer(&tend_timer_, may_wait ? tend_when_fresh : tend_while_missing);
    }
}

Worker* worker()
{
    return the_worker.get();
}

bool serves(const ngx_http_request_t* r)
{
    return the_worker != nullptr && &the_worker->conf() == &main_conf(r);
}

ngx_int_t start_worker(ngx_cycle_t* cycle)
{
    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE) {
        return NGX_OK;
    }
    auto* conf =
        static_cast<MainConf*>(ngx_http_cycle_get_module_main_conf(cycle, ngx_http_ciam_module));
    if (conf == nullptr || conf->providers.empty()) {
        return NGX_OK;
    }
    try {
        the_worker = std::make_unique<Worker>(cycle, *conf);
        return NGX_OK;
    } catch (const std::exception& error) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0, "ciam: the worker cannot start: %s",
                      error.what());
        return NGX_ERROR;
    }
}

void stop_worker(ngx_cycle_t*)
{
    the_worker.reset();
}

} // namespace ciam::module
