#include "module/bearer_tokens.hpp"

#include "io/nginx_event.hpp"
#include "module/code_allowance.hpp"
#include "module/runner.hpp"

namespace ciam::module {
namespace {

using CheckRunner = Runner<flow::CheckBearer>;

constexpr base::Seconds refused_for = 10;
constexpr std::size_t most_flights = 1000;

} // namespace

class BearerTokens::Waiter : public BearerWait {
public:
    Waiter(Flight& flight, Done done);
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() override;

    Flight* flight; // null: over
    Done done;
};

/// One token that is being checked. It goes on when those who wait for it have left.
class BearerTokens::Flight {
public:
    Flight(BearerTokens& tokens, const jose::Digest& key, const Question& question)
        : key_(key), is_asked_(question.rules.introspect), tokens_(tokens),
          allowance_(question.r, CodeAllowance::Of::tokens),
          event_(this, ngx_cycle->log, decltype(event_)::Exit::waits),
          runner_([this] { event_.post(); }, tokens.provider_, tokens.provider_.conf.client,
                  flow::BearerRequest{base::Secret{question.token}, is_asked_,
                                      [this] { about_to_ask(); }},
                  ngx_time())
    {
    }
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;
    ~Flight()
    {
        for (auto* waiter : waiters) {
            waiter->flight = nullptr;
        }
    }

    const jose::Digest& key() const { return key_; }
    bool is_asked() const { return is_asked_; }

    /// True when it is over.
    bool drive(BearerAnswer& answer)
    {
        try {
            auto outcome = runner_.drive();
            if (!outcome) {
                return false;
            }
            std::visit([&](auto& found) { take(found, answer); }, *outcome);
        } catch (const base::Error& error) {
            allowance_.settle(CodeAllowance::Verdict::none);
            answer.error = error;
            tokens_.provider_.watch->hear(error);
        } catch (const std::exception& error) {
            answer.error = base::Error{base::Fault::internal, error.what()};
        }
        return true;
    }

    std::list<Waiter*> waiters;

private:
    void take(flow::Bearer& bearer, BearerAnswer& answer)
    {
        allowance_.settle(CodeAllowance::Verdict::good);
        answer.bearer = std::make_shared<const flow::Bearer>(std::move(bearer));
    }
    void take(flow::BearerRefused& refused, BearerAnswer& answer)
    {
        allowance_.settle(CodeAllowance::Verdict::refused);
        answer.refused = std::move(refused.reason);
    }
    void about_to_ask()
    {
        tokens_.require_room();
        allowance_.take();
    }
    void go_on() noexcept
    {
        try {
            tokens_.land(*this);
        } catch (const std::exception& error) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "ciam: %s", error.what());
        }
    }

    jose::Digest key_;
    bool is_asked_;
    BearerTokens& tokens_;
    CodeAllowance allowance_;
    io::Event<Flight, &Flight::go_on> event_;
    CheckRunner runner_;
};

BearerTokens::Waiter::Waiter(Flight& of, Done when_done) : flight(&of), done(std::move(when_done))
{
    of.waiters.push_back(this);
}

BearerTokens::Waiter::~Waiter()
{
    if (flight != nullptr) {
        flight->waiters.remove(this);
    }
}

BearerTokens::BearerTokens(ProviderRuntime& provider) : provider_(provider) {}

BearerTokens::~BearerTokens() = default;

std::unique_ptr<BearerWait> BearerTokens::judge(const Question& question, BearerAnswer& answer,
                                                Done done)
{
    const auto key =
        flow::TokenCache::key(provider_.keyring.first(), question.rules.introspect, question.token);
    if (is_known(key, question.rules, answer)) {
        return nullptr;
    }
    auto found = flights_.find(key);
    if (found == flights_.end()) {
        auto flight = std::make_unique<Flight>(*this, key, question);
        if (flight->drive(answer)) {
            remember(key, flight->is_asked(), answer);
            return nullptr;
        }
        require_room();
        found = flights_.emplace(key, std::move(flight)).first;
    }
    return std::make_unique<Waiter>(*found->second, std::move(done));
}

void BearerTokens::require_room() const
{
    if (flights_.size() >= most_flights) {
        throw base::Error{base::Fault::provider_busy,
                          "too many bearer tokens wait for the provider's answer; further ones are "
                          "turned away"};
    }
}

bool BearerTokens::is_known(const jose::Digest& key, const BearerRules& rules, BearerAnswer& answer)
{
    const auto now = ngx_time();
    auto bearer = cache_.good(key, now);
    const bool is_fresh =
        bearer && (rules.introspect ? now - bearer->checked < rules.cache
                                    : bearer->keys_generation == provider_.watch->generation());
    if (is_fresh) {
        answer.bearer = std::move(bearer);
        return true;
    }
    answer.refused = cache_.refused(key, now);
    return !answer.refused.empty();
}

void BearerTokens::remember(const jose::Digest& key, bool is_asked, const BearerAnswer& answer)
{
    if (answer.bearer) {
        cache_.keep(key, answer.bearer);
    } else if (is_asked && !answer.refused.empty()) {
        // What fails by the provider's keys costs nobody a call, and may hold when there are newer.
        cache_.keep_refused(key, answer.refused, ngx_time() + refused_for);
    }
}

void BearerTokens::land(Flight& flight)
{
    BearerAnswer answer;
    if (!flight.drive(answer)) {
        return;
    }
    remember(flight.key(), flight.is_asked(), answer);
    const auto landed = flights_.extract(flight.key());
    while (!flight.waiters.empty()) {
        auto* waiter = flight.waiters.front();
        flight.waiters.pop_front();
        waiter->flight = nullptr;
        const auto done = std::move(waiter->done); // which destroys the waiter
        done(answer);
    }
}

} // namespace ciam::module
