#include "module/callback_turn.hpp"

#include "module/counts.hpp"
#include "module/runner.hpp"

namespace ciam::module {
namespace {

constexpr ngx_msec_t look_every = 30;

} // namespace

CallbackTurn::CallbackTurn(std::string_view state, base::Seconds started)
    : key_(tally_key("turn", state)), started_(started)
{
}

CallbackTurn::~CallbackTurn()
{
    finish(true);
}

CallbackTurn::Found CallbackTurn::take()
{
    auto found = Found::mine; // also where nothing can be counted
    worker()->tallies().with(key_, started_, [&](store::Tally& tally) {
        if (tally.under_way > 0 || tally.good > 0) {
            found = tally.under_way > 0 ? Found::busy : Found::spent;
        } else {
            tally.under_way = 1;
        }
    });
    is_mine_ = found == Found::mine;
    return found;
}

void CallbackTurn::finish(bool is_spent) noexcept
{
    if (!is_mine_ || worker() == nullptr) {
        return;
    }
    is_mine_ = false;
    worker()->tallies().with(key_, started_, [&](store::Tally& tally) {
        tally.under_way = 0;
        tally.good = is_spent ? 1 : 0;
    });
}

TurnWaiter::TurnWaiter(ngx_http_request_t* r, ngx_msec_t at_most)
    : r_(r), until_(ngx_current_msec + at_most),
      // A worker that exits has to let the request finish.
      timer_(this, r->connection->log, decltype(timer_)::Exit::waits)
{
}

bool TurnWaiter::wait() noexcept
{
    if (static_cast<ngx_msec_int_t>(ngx_current_msec - until_) > 0) {
        return false;
    }
    timer_.after(look_every);
    return true;
}

void TurnWaiter::look_again() noexcept
{
    wake(r_);
}

} // namespace ciam::module
