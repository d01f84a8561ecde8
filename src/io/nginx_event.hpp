// nginx's timers and posted events as members: out of nginx's queues when their owner is destroyed.
#pragma once

extern "C" {
#include <ngx_config.h>

#include <ngx_core.h>
#include <ngx_event.h>
}

namespace ciam::io {

/// Calls `(owner->*handler)()`, which may destroy the owner.
template <class Owner, void (Owner::*handler)() noexcept> class Event {
public:
    enum class Exit { waits, goes_on }; // whether an exiting worker waits for the timer

    Event(Owner* owner, ngx_log_t* log, Exit exit) : owner_(owner)
    {
        event_.handler = [](ngx_event_t* event) {
            auto* self = static_cast<Event*>(event->data);
            (self->owner_->*handler)();
        };
        event_.data =
            this; // nginx's debug log reads an ngx_connection_t's `fd` there: inside event_
        event_.log = log;
        event_.cancelable = exit == Exit::goes_on;
    }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() { cancel(); }

    /// From nginx's queue of posted events, in this turn of its loop.
    void post() noexcept { ngx_post_event(&event_, &ngx_posted_events); }

    void after(ngx_msec_t delay) noexcept
    {
        stop(); // ngx_add_timer() ignores a change of less than 300 ms
        ngx_add_timer(&event_, delay);
    }

    /// Stops the timer alone.
    void stop() noexcept
    {
        if (event_.timer_set) {
            ngx_del_timer(&event_);
        }
    }

    void cancel() noexcept
    {
        stop();
        if (event_.posted) {
            ngx_delete_posted_event(&event_);
        }
    }

private:
    ngx_event_t event_{}; // first, see the constructor
    Owner* owner_;
};

} // namespace ciam::io
