// The one global of a worker: what it needs to serve logins. Made in init_process, destroyed in
// exit_process; null in the master, in helper processes and where no provider is configured.
#pragma once

#include "flow/opened_sessions.hpp"
#include "io/http_client.hpp"
#include "jose/seal.hpp"
#include "module/background_calls.hpp"
#include "module/conf.hpp"
#include "module/housekeeper.hpp"
#include "module/local_store.hpp"
#include "module/provider_watch.hpp"
#include "module/refresher.hpp"
#include "module/shared_sessions.hpp"
#include "store/counters.hpp"
#include "store/document_board.hpp"
#include "store/memory_store.hpp"
#include "store/tallies.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace ciam::module {

class BearerTokens;

/// What a worker keeps for one provider, once it is used.
struct ProviderRuntime {
    const ProviderConf& conf;
    const jose::Keyring& keyring;
    flow::SessionSealer sealer;
    store::Store& store;
    SharedSessions* shared; // behind `store`; null: there is only memory
    io::CallOptions call_options;
    std::optional<ProviderWatch> watch;
    std::unique_ptr<BearerTokens> bearer_tokens; // null: there has been none
};

class Worker {
public:
    /// Throws base::Error.
    Worker(ngx_cycle_t* cycle, const MainConf& conf);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker();

    const MainConf& conf() const { return conf_; }
    io::HttpClient& http() { return http_; }
    BackgroundCalls& background_calls() { return background_calls_; }
    /// Made on first use: of thousands of providers a worker may meet a few.
    ProviderRuntime& runtime(const ProviderConf& provider)
    {
        auto& made = providers_[provider.index];
        return made ? *made : add_provider(provider);
    }
    const jose::Keyring& keyring_of(const ProviderConf& provider);

    /// Null where the zone has no Redis behind it.
    SharedSessions* shared_sessions(const ngx_shm_zone_t* zone) const
    {
        const auto found = shared_.find(zone);
        return found == shared_.end() ? nullptr : found->second.get();
    }

    store::DocumentBoard& board() { return board_; }
    store::Counters& counters() { return counters_; }
    store::Tallies& tallies() { return tallies_; }
    std::string_view tally_secret() const { return tally_secret_; }
    Refresher& refresher() { return refresher_; }

    /// Reused by every session check, so that a request allocates nothing here.
    base::StoreReply& scratch_reply() { return scratch_reply_; }
    std::string& scratch_text() { return scratch_text_; }
    flow::OpenedSessions& opened_sessions() { return opened_sessions_; }

private:
    store::Store& store_of(const ngx_shm_zone_t* zone);
    void add_shared_sessions(ngx_cycle_t* cycle, ngx_resolver_t* resolver);
    ProviderRuntime& add_provider(const ProviderConf& provider);
    io::CallOptions call_options(const ProviderConf& provider) const;
    void fetch_ahead();
    void tend();

    const MainConf& conf_;
    const ngx_http_core_loc_conf_t& http_level_;                             // of nginx
    std::map<const base::Secret*, std::unique_ptr<jose::Keyring>> keyrings_; // null: the server's
    store::DocumentBoard board_;
    store::Counters& counters_;
    store::Tallies tallies_;
    std::string_view tally_secret_;
    std::map<const ngx_shm_zone_t*, std::unique_ptr<LocalStore>> stores_;
    io::HttpClient http_;
    BackgroundCalls background_calls_{http_};
    std::map<const ngx_shm_zone_t*, std::unique_ptr<SharedSessions>> shared_;
    std::vector<std::unique_ptr<ProviderRuntime>> providers_; // by index; null: not used yet
    std::vector<ProviderWatch*> watches_;                     // of those that are there
    ngx_event_t tend_timer_{};
    std::optional<Housekeeper> housekeeper_;
    Refresher refresher_; // uses the others
    base::StoreReply scratch_reply_;
    std::string scratch_text_;
    flow::OpenedSessions opened_sessions_;
};

/// Null outside workers.
Worker* worker();

/// True when the worker serves this request's configuration. It does not after a reload without a
/// master process, where nginx starts no new worker.
bool serves(const ngx_http_request_t* r);

ngx_int_t start_worker(ngx_cycle_t* cycle);
void stop_worker(ngx_cycle_t* cycle);

} // namespace ciam::module
