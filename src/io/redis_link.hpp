// A connection to Redis that comes back by itself: looks its name up, asks Sentinel which server is
// the master, connects, says who it is, and again after each loss. It never waits, and notices a
// server that only pretends to be there.
#pragma once

#include "base/secret.hpp"
#include "io/redis_address.hpp"
#include "io/redis_connection.hpp"

#include <map>

namespace ciam::io {

struct RedisLinkOptions {
    base::RedisUrl url;
    const base::Secret* password = nullptr; // empty: none
    std::string channel;                    // not empty: subscribes to it, and takes no commands
    ngx_resolver_t* resolver = nullptr;     // null: the system's
    const TlsClient* tls = nullptr;         // null: without; outlives the link
};

class RedisLink final : private RedisConnection::Owner {
public:
    /// Called from nginx's event loop; must not destroy the link.
    class Listener {
    public:
        virtual ~Listener() = default;
        virtual void ready() noexcept = 0;
        /// Was ready, or could not become so.
        virtual void away(const std::string& reason) noexcept = 0;
        virtual void heard(const std::string& message) noexcept = 0;
    };
    /// Null: the command may or may not have been carried out.
    using Reply = std::function<void(const base::RedisValue*)>;

    RedisLink(ngx_cycle_t* cycle, RedisLinkOptions options, Listener& listener);
    RedisLink(const RedisLink&) = delete;
    RedisLink& operator=(const RedisLink&) = delete;
    ~RedisLink() override = default;

    bool is_ready() const { return is_ready_; }
    /// True until the first attempt has ended: commands are held that long, so that a worker that
    /// has just begun does not turn its first customers away.
    bool is_starting() const { return is_starting_; }

    /// `reply` is called once, later; never when the link is destroyed before.
    void command(const base::RedisCommand& command, Reply reply);

    /// The server turned out to be the wrong one: leaves it and looks anew. From the event loop.
    void leave(const std::string& reason);

private:
    enum class Peer { sentinel, server };

    void attempt() noexcept;
    void attempt_too_long() noexcept;
    void go_to(const base::RedisPlace& place, Peer peer);
    void looked_up() noexcept;
    void connected() noexcept override;
    void heard(const base::RedisValue& message) noexcept override;
    void lost(const std::string& reason) noexcept override;

    void ask_sentinel();
    void greet();
    void greet_with(base::RedisCommand command);
    void greeted();
    void check_role(const base::RedisValue& value);
    void beat() noexcept;
    void give_up_commands() noexcept;
    ngx_msec_t pause();

    ngx_cycle_t* cycle_;
    RedisLinkOptions options_;
    Listener& listener_;
    PlaceLookup lookup_;
    // An exiting worker has no use for a new connection.
    Event<RedisLink, &RedisLink::attempt> next_attempt_;
    Event<RedisLink, &RedisLink::attempt_too_long> attempt_deadline_;
    Event<RedisLink, &RedisLink::looked_up> looked_up_;
    Event<RedisLink, &RedisLink::beat> heartbeat_;
    Event<RedisLink, &RedisLink::give_up_commands> give_up_;
    PlaceLookup::Answer answer_;
    std::unique_ptr<RedisConnection> connection_;
    base::RedisPlace place_;
    Peer peer_ = Peer::server;
    std::size_t attempts_ = 0; // which Sentinel, and which address of a name, is next
    unsigned failures_ = 0;    // in a row
    ngx_msec_t ready_at_ = 0;
    bool is_ready_ = false;
    bool is_starting_ = true;
    std::uint64_t last_command_ = 0;
    std::map<std::uint64_t, Reply> commands_; // that nobody has answered yet
    std::vector<Reply> given_up_;
    std::vector<std::pair<base::RedisCommand, Reply>> held_;
};

/// The first word of an error of Redis where it looks like one ("OOM"), for logs: the rest is not
/// ours to trust.
std::string redis_error_code(const base::RedisValue& error);

} // namespace ciam::io
