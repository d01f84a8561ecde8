// A callback that comes twice at once, by a double click or a browser that asks again: its code is
// spent once, and the other one waits for what comes out.
#pragma once

#include "io/nginx_event.hpp"
#include "module/request_context.hpp"

#include <cstdint>
#include <string_view>

namespace ciam::module {

/// The right to finish the login that one state stands for; over all workers, while there is room.
class CallbackTurn {
public:
    enum class Found : std::uint8_t { mine, busy, spent };

    /// `started`: as the state says. The count of a turn is of that time, since it may not begin
    /// anew while two requests stand on both sides of a full minute.
    CallbackTurn(std::string_view state, base::Seconds started);
    CallbackTurn(const CallbackTurn&) = delete;
    CallbackTurn& operator=(const CallbackTurn&) = delete;
    /// A turn that was never finished, because the client has left, counts as spent.
    ~CallbackTurn();

    Found take();
    /// `is_spent`: the code is of no more use to anybody.
    void finish(bool is_spent) noexcept;

private:
    std::uint64_t key_;
    base::Seconds started_;
    bool is_mine_ = false;
};

/// Enters the request again and again while another one is at it.
class TurnWaiter : public RunningFlow {
public:
    explicit TurnWaiter(ngx_http_request_t* r, ngx_msec_t at_most);

    /// Waits a little more; false: it has taken too long.
    bool wait() noexcept;

private:
    void look_again() noexcept;

    ngx_http_request_t* r_;
    ngx_msec_t until_;
    io::Event<TurnWaiter, &TurnWaiter::look_again> timer_;
};

} // namespace ciam::module
