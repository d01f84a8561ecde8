// Redis as the tier that machines share: two links for each worker, one for commands, one that
// hears of changes.
#pragma once

#include "io/redis_link.hpp"
#include "module/redis_conf.hpp"
#include "store/redis_commands.hpp"

#include <functional>
#include <string>

namespace ciam::module {

/// As this worker sees it.
struct RedisStatus {
    bool is_connected = false;
    base::Seconds since = 0; // of the epoch: when it became so
    std::string last_error;  // of the last loss; empty: there was none
    std::size_t queued_deletions = 0;
};

/// The last time without a gap in which some worker of this machine heard of every change. In
/// shared memory, so that it outlives workers.
struct alignas(64) ReportedSpan {
    store::Millis begin = 0;
    store::Millis end = 0;
};

class RedisTier final : public store::SharedTier {
public:
    struct Events {
        std::function<void(const store::RecordChange&)> changed; // throws nothing
        std::function<void()> ready;                             // throws nothing
    };

    RedisTier(ngx_cycle_t* cycle, const RedisConf& conf, ngx_resolver_t* resolver,
              ReportedSpan& span);
    RedisTier(const RedisTier&) = delete;
    RedisTier& operator=(const RedisTier&) = delete;
    ~RedisTier() override;

    void report_to(Events events) { events_ = std::move(events); }
    RedisStatus status() const;

    bool ready() const override { return commands_.is_ready() || commands_.is_starting(); }
    std::optional<store::Millis> reported_since() const override;
    Span last_reported() const override;

    void find(const base::RecordId& id, std::uint64_t known, base::Seconds now, Done done) override;
    void insert(const base::InsertRecord& request, Done done) override;
    void replace(const base::ReplaceRecord& request, std::uint64_t version, Done done) override;
    void remove(const base::RecordId& id, Done done) override;
    void remove_tagged(const base::RemoveTagged& request, Done done) override;

    /// Of all machines one at a time: `done` with Status::conflict while another has it.
    void take_turn(const base::RecordId& id, const std::string& machine, base::Seconds most,
                   Done done);
    void end_turn(const base::RecordId& id, const std::string& machine);

private:
    /// What one of the links says.
    class Ear final : public io::RedisLink::Listener {
    public:
        Ear(RedisTier& tier, bool is_of_changes) : tier_(tier), is_of_changes_(is_of_changes) {}
        void ready() noexcept override;
        void away(const std::string& reason) noexcept override;
        void heard(const std::string& message) noexcept override;

    private:
        RedisTier& tier_;
        bool is_of_changes_;
    };
    using Read = std::function<store::TierReply(const base::RedisValue&)>;

    void send(const base::RedisCommand& command, Read read, Done done);
    void shrink_group(const base::RecordId& tag, const store::AddedToTag& added, const Done& done);
    void remove_group(const base::RecordId& tag, base::Seconds not_after, const Done& done);
    void remove_all(const base::RecordId& tag, const std::vector<store::GroupEntry>& entries,
                    const Done& done);
    void refused(const base::RedisValue& error);
    void lost(const std::string& reason) noexcept;
    void log(ngx_uint_t level, const std::string& text) const;
    void note_state();

    const RedisConf& conf_;
    ngx_log_t* log_;
    store::RedisCommands words_;
    ReportedSpan& span_;
    Events events_;
    store::Millis reported_since_ = 0; // 0: not now
    bool was_connected_ = false;
    base::Seconds state_since_;
    std::string last_error_;
    Ear command_ear_;
    Ear change_ear_;
    io::RedisLink commands_; // last: they call the ears
    io::RedisLink changes_;
};

} // namespace ciam::module
