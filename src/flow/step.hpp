// What a flow says each time it is asked next(): "I need this" or "this came out". A flow does no
// I/O; whoever runs it fetches what it needs, hands it to answer() and asks again. Destroying a
// flow at any step is always allowed.
#pragma once

#include "base/http_message.hpp"
#include "base/record.hpp"
#include "jose/keys.hpp"
#include "oidc/metadata.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

namespace ciam::flow {

/// Metadata and keys of one provider, parsed; shared by all requests of a worker.
struct ProviderDocuments {
    oidc::Metadata metadata;
    jose::Keys keys;
    std::uint64_t generation = 0; // grows with every fetch, equal in all workers
};

/// "I need the provider's documents", newer than this generation where it is not 0 (an unknown
/// kid). Whoever answers may give the same ones again when newer are not to be had.
struct NeedProvider {
    std::uint64_t newer_than = 0;
};

struct ProviderReply {
    std::shared_ptr<const ProviderDocuments> documents; // null: `error` says why
    std::optional<base::Error> error;
};

/// Throws the reply's error where it has no documents.
const ProviderDocuments& require_documents(const ProviderReply& reply);

/// Throws Error{Fault::store_away} when the session store could not answer.
void require_available(base::StoreReply::Status status);

template <class Outcome>
using Step = std::variant<base::HttpRequest, base::StoreRequest, NeedProvider, Outcome>;

/// Keeps who waits for the answer. A flow derives from it and returns ask(…) from next().
template <class Outcome> class Asking {
public:
    using Next = Step<Outcome>;

    void answer(base::HttpResponse response)
    {
        std::exchange(on_response_, nullptr)(std::move(response));
    }
    void answer(base::StoreReply reply) { std::exchange(on_record_, nullptr)(std::move(reply)); }
    void answer(ProviderReply reply) { std::exchange(on_provider_, nullptr)(std::move(reply)); }

protected:
    Asking() = default;
    ~Asking() = default;
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;

    Next ask(base::HttpRequest request, std::function<void(base::HttpResponse)> then)
    {
        on_response_ = std::move(then);
        return request;
    }
    Next ask(base::StoreRequest request, std::function<void(base::StoreReply)> then)
    {
        on_record_ = std::move(then);
        return request;
    }
    Next ask(NeedProvider need, std::function<void(ProviderReply)> then)
    {
        on_provider_ = std::move(then);
        return need;
    }

private:
    std::function<void(base::HttpResponse)> on_response_;
    std::function<void(base::StoreReply)> on_record_;
    std::function<void(ProviderReply)> on_provider_;
};

} // namespace ciam::flow
