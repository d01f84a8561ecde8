// The bearer tokens of one provider, as a worker knows them: those that were checked lately, and
// those about which the provider is being asked, each once however many requests carry it.
#pragma once

#include "flow/token_cache.hpp"
#include "module/bearer_state.hpp"
#include "module/worker.hpp"

#include <functional>
#include <list>
#include <map>
#include <memory>

namespace ciam::module {

class BearerTokens {
public:
    explicit BearerTokens(ProviderRuntime& provider);
    BearerTokens(const BearerTokens&) = delete;
    BearerTokens& operator=(const BearerTokens&) = delete;
    ~BearerTokens();

    using Done = std::function<void(BearerAnswer)>;

    struct Question {
        ngx_http_request_t* r; // whose client address answers for the call that this may cost
        std::string_view token;
        const BearerRules& rules;
    };

    /// Answers at once and returns null, or calls `done` later, within the provider's timeouts.
    /// Throws base::Error when too many are waiting.
    std::unique_ptr<BearerWait> judge(const Question& question, BearerAnswer& answer, Done done);

private:
    class Flight;
    class Waiter;

    bool is_known(const jose::Digest& key, const BearerRules& rules, BearerAnswer& answer);
    void remember(const jose::Digest& key, bool is_asked, const BearerAnswer& answer);
    void require_room() const;
    void land(Flight& flight);

    ProviderRuntime& provider_;
    flow::TokenCache cache_;
    std::map<jose::Digest, std::unique_ptr<Flight>> flights_;
};

} // namespace ciam::module
