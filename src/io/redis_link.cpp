#include "io/redis_link.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace ciam::io {
namespace {

using base::RedisValue;
using Kind = RedisValue::Kind;

constexpr ngx_msec_t command_timeout = 1000;
constexpr ngx_msec_t attempt_timeout = 2000; // from the look-up to the last greeting
constexpr ngx_msec_t beat_every = 1000;
constexpr ngx_msec_t first_pause = 100;
constexpr ngx_msec_t longest_pause = 1000;
constexpr ngx_msec_t proven_after = 5000; // a link that lasted so long was no failure

[[noreturn]] void failed(const std::string& reason)
{
    throw base::Error{base::Fault::internal, reason};
}

std::optional<std::uint16_t> read_port(const std::string& text)
{
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, port);
    return read.ec == std::errc{} && read.ptr == end && port != 0 ? std::optional{port}
                                                                  : std::nullopt;
}

} // namespace

std::string redis_error_code(const RedisValue& error)
{
    constexpr std::size_t longest = 16;
    const auto word = error.text.substr(0, error.text.find(' '));
    const bool is_code =
        !word.empty() && word.size() <= longest &&
        std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    return is_code ? word : "an error";
}

RedisLink::RedisLink(ngx_cycle_t* cycle, RedisLinkOptions options, Listener& listener)
    : cycle_(cycle), options_(std::move(options)), listener_(listener),
      lookup_(cycle, options_.resolver),
      next_attempt_(this, cycle->log, decltype(next_attempt_)::Exit::goes_on),
      attempt_deadline_(this, cycle->log, decltype(attempt_deadline_)::Exit::goes_on),
      looked_up_(this, cycle->log, decltype(looked_up_)::Exit::goes_on),
      heartbeat_(this, cycle->log, decltype(heartbeat_)::Exit::goes_on),
      give_up_(this, cycle->log, decltype(give_up_)::Exit::waits)
{
    next_attempt_.after(1);
}

void RedisLink::attempt() noexcept
{
    attempt_deadline_.after(attempt_timeout);
    const auto& places = options_.url.places;
    try {
        if (options_.url.master.empty()) {
            go_to(places.front(), Peer::server);
        } else {
            go_to(places[attempts_ % places.size()], Peer::sentinel);
        }
    } catch (const std::exception& error) {
        lost(error.what());
    }
}

void RedisLink::attempt_too_long() noexcept
{
    const bool is_greeting = connection_ && connection_->is_greeting();
    lost(is_greeting ? "it did not answer in time to the greeting of TLS; if it speaks none there, "
                       "write its tls-port in redis=, or redis:// without TLS"
                     : "it did not answer in time");
}

void RedisLink::go_to(const base::RedisPlace& place, Peer peer)
{
    connection_.reset();
    place_ = place;
    peer_ = peer;
    lookup_.ask(place, [this](PlaceLookup::Answer answer) {
        answer_ = std::move(answer);
        looked_up_.post(); // what comes next may end the look-up, which must not happen in it
    });
}

void RedisLink::looked_up() noexcept
{
    try {
        if (answer_.addresses.empty()) {
            failed(answer_.reason);
        }
        const auto& address = answer_.addresses[attempts_ % answer_.addresses.size()];
        RedisConnection::Owner& owner = *this;
        connection_ = std::make_unique<RedisConnection>(
            cycle_, owner, RedisTarget{address, options_.tls, without_brackets(place_.host)});
    } catch (const std::exception& error) {
        lost(error.what());
    }
}

void RedisLink::connected() noexcept
{
    try {
        if (peer_ == Peer::sentinel) {
            ask_sentinel();
        } else {
            greet();
        }
    } catch (const std::exception& error) {
        lost(error.what());
    }
}

void RedisLink::ask_sentinel()
{
    const auto on_reply = [this](const RedisValue& value) {
        if (!value.is(Kind::array) || value.items.size() != 2) {
            failed("this Sentinel knows no master of that name");
        }
        const auto port = read_port(value.items[1].text);
        if (!port || value.items[0].text.empty()) {
            failed("what answers there is no Sentinel");
        }
        go_to({value.items[0].text, *port, {}}, Peer::server);
    };
    connection_->send({"SENTINEL", "get-master-addr-by-name", options_.url.master}, command_timeout,
                      on_reply);
}

void RedisLink::greet()
{
    if (!options_.password->empty()) {
        base::RedisCommand auth{"AUTH"};
        if (!options_.url.user.empty()) {
            auth.push_back(options_.url.user);
        }
        auth.emplace_back(options_.password->view());
        greet_with(std::move(auth));
    }
    if (!options_.url.master.empty()) {
        // As Sentinel's documentation asks of clients: it may not know the new master yet.
        connection_->send({"ROLE"}, command_timeout,
                          [this](const RedisValue& value) { check_role(value); });
    }
    if (!options_.channel.empty()) {
        connection_->send({"SUBSCRIBE", options_.channel}, command_timeout,
                          [this](const RedisValue& value) {
                              if (!value.is(Kind::array)) {
                                  failed("it refuses SUBSCRIBE (" + redis_error_code(value) + ")");
                              }
                              connection_->expect_messages();
                              greeted();
                          });
        return;
    }
    if (options_.url.database != 0) {
        greet_with({"SELECT", std::to_string(options_.url.database)});
    }
    // Refused by a server that is still loading its data.
    connection_->send({"PING"}, command_timeout, [this](const RedisValue& value) {
        if (!value.is(Kind::text)) {
            failed("it refuses PING (" + redis_error_code(value) + ")");
        }
        greeted();
    });
}

void RedisLink::greet_with(base::RedisCommand command)
{
    connection_->send(command, command_timeout, [name = command[0]](const RedisValue& value) {
        if (!value.is(Kind::text) || value.text != "OK") {
            failed("it refuses " + name + " (" + redis_error_code(value) + ")" +
                   (name == "AUTH" ? "; check redis_password_file= and redis_user=" : ""));
        }
    });
}

void RedisLink::check_role(const RedisValue& value)
{
    // A server that does not tell (ACL) may be what it should be.
    if (value.is(Kind::array) && !value.items.empty() && value.items[0].text != "master") {
        failed("it is not the master, though Sentinel says so");
    }
}

void RedisLink::greeted()
{
    attempt_deadline_.cancel();
    is_ready_ = true;
    ready_at_ = ngx_current_msec;
    is_starting_ = false;
    heartbeat_.after(beat_every);
    for (auto& [held, reply] : std::exchange(held_, {})) {
        command(held, std::move(reply));
    }
    listener_.ready();
}

void RedisLink::heard(const RedisValue& message) noexcept
{
    listener_.heard(message.items[2].text);
}

/// A server that was stopped, or is cut off, keeps its connections.
void RedisLink::beat() noexcept
{
    heartbeat_.after(beat_every);
    if (connection_->waiting() > 0) {
        return; // something is on its way that has a deadline of its own
    }
    try {
        connection_->send({"PING"}, command_timeout, [this](const RedisValue& value) {
            if (value.is(Kind::error)) {
                failed("it refuses PING (" + redis_error_code(value) + ")");
            }
        });
    } catch (const std::exception& error) {
        lost(error.what());
    }
}

void RedisLink::command(const base::RedisCommand& command, Reply reply)
{
    if (is_starting_) {
        held_.emplace_back(command, std::move(reply));
        return;
    }
    try {
        if (!is_ready_) {
            failed("it is away");
        }
        const auto number = ++last_command_;
        connection_->send(command, command_timeout, [this, number](const RedisValue& value) {
            const auto found = commands_.find(number);
            if (found != commands_.end()) {
                const Reply once = std::move(found->second);
                commands_.erase(found);
                once(&value);
            }
        });
        commands_.emplace(number, std::move(reply));
    } catch (const base::Error&) {
        given_up_.push_back(std::move(reply));
        give_up_.post();
    }
}

void RedisLink::leave(const std::string& reason)
{
    if (is_ready_) {
        lost(reason);
    }
}

void RedisLink::lost(const std::string& reason) noexcept
{
    if (is_ready_ && ngx_current_msec - ready_at_ >= proven_after) {
        failures_ = 0;
    }
    is_ready_ = false;
    ++attempts_;
    connection_.reset();
    lookup_.cancel();
    looked_up_.cancel();
    attempt_deadline_.cancel();
    heartbeat_.cancel();
    for (auto& [number, reply] : std::exchange(commands_, {})) {
        given_up_.push_back(std::move(reply));
    }
    for (auto& [held, reply] : std::exchange(held_, {})) {
        given_up_.push_back(std::move(reply));
    }
    is_starting_ = false;
    give_up_.post();
    if (!ngx_exiting && !ngx_terminate) {
        next_attempt_.after(pause());
    }
    listener_.away(place_.text() + ": " + reason);
}

/// With some chance in it, so that the workers of many machines do not come back as one.
ngx_msec_t RedisLink::pause()
{
    const auto most = std::min(longest_pause, first_pause << std::min(failures_, 5U));
    ++failures_;
    return most / 2 + static_cast<ngx_msec_t>(ngx_random()) % (most / 2 + 1);
}

void RedisLink::give_up_commands() noexcept
{
    for (const Reply& reply : std::exchange(given_up_, {})) {
        try {
            reply(nullptr);
        } catch (const std::exception& error) {
            ngx_log_error(NGX_LOG_ALERT, cycle_->log, 0, "ciam: after a command: %s", error.what());
        }
    }
}

} // namespace ciam::io
