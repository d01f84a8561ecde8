// Carries a flow's questions to io/, store/ and the provider watch, and wakes whoever runs it when
// the answer is there. A request's phase handler is then entered again from its top.
#pragma once

#include "flow/step.hpp"
#include "module/request_context.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace ciam::module {

/// Enters the request's phase handler again, from nginx's event loop. For subrequests, too.
void wake(ngx_http_request_t* r);

/// Notices a client that leaves while the request waits; returns NGX_AGAIN for the phase handler.
ngx_int_t wait_for_wake(ngx_http_request_t* r);

template <class Flow> class Runner : public RunningFlow {
public:
    /// Called each time an answer is there; may not destroy the runner.
    using Wake = std::function<void()>;

    template <class... Arguments>
    Runner(Wake woken, ProviderRuntime& provider, Arguments&&... arguments)
        : wake_(std::move(woken)), provider_(provider), flow_(std::forward<Arguments>(arguments)...)
    {
    }
    template <class... Arguments>
    Runner(ngx_http_request_t* r, ProviderRuntime& provider, Arguments&&... arguments)
        : Runner(Wake{[r] { wake(r); }}, provider, std::forward<Arguments>(arguments)...)
    {
    }

    using Outcome = std::variant_alternative_t<3, typename Flow::Next>;

    /// The outcome, or nullopt: wait. Throws base::Error.
    std::optional<Outcome> drive()
    {
        while (!waiting()) {
            if (failure_) {
                std::rethrow_exception(std::exchange(failure_, nullptr));
            }
            auto step = flow_.next();
            if (auto* outcome = std::get_if<Outcome>(&step)) {
                return std::move(*outcome);
            }
            std::visit([this](auto& question) { carry(question); }, step);
        }
        return std::nullopt;
    }

    const Flow& flow() const { return flow_; }

private:
    bool waiting() const { return call_ || pending_ || waiter_; }

    void carry(base::HttpRequest& request)
    {
        call_ = worker()->http().start(request, provider_.call_options,
                                       [this](base::HttpResponse response) {
                                           call_.reset();
                                           response.received_at = ngx_time();
                                           resume(std::move(response));
                                       });
    }
    void carry(base::StoreRequest& request)
    {
        base::StoreReply reply;
        pending_ = provider_.store.ask(request, reply, [this](base::StoreReply late) {
            pending_.reset();
            resume(std::move(late));
        });
        if (!pending_) {
            flow_.answer(std::move(reply));
        }
    }
    void carry(flow::NeedProvider& need)
    {
        flow::ProviderReply reply;
        waiter_ = provider_.watch->need(need, reply, [this](flow::ProviderReply late) {
            waiter_.reset();
            resume(std::move(late));
        });
        if (!waiter_) {
            flow_.answer(std::move(reply));
        }
    }
    void carry(Outcome&) {}

    /// Called from events: an answer that the flow cannot take must not pass through C.
    template <class Answer> void resume(Answer answer) noexcept
    {
        try {
            flow_.answer(std::move(answer));
        } catch (...) {
            failure_ = std::current_exception();
        }
        wake_();
    }

    Wake wake_;
    ProviderRuntime& provider_;
    Flow flow_;
    std::unique_ptr<io::Call> call_;
    std::unique_ptr<store::Pending> pending_;
    std::unique_ptr<ProviderWatch::Waiter> waiter_;
    std::exception_ptr failure_;
};

} // namespace ciam::module
