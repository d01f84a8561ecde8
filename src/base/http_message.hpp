// One call to a provider and its answer, as flows ask for it and io/ carries it out.
#pragma once

#include "base/error.hpp"
#include "base/time.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ciam::base {

struct HttpRequest {
    std::string url;
    std::string body;                                         // empty: GET, else POST
    std::vector<std::pair<std::string, std::string>> headers; // Authorization, Content-Type, Accept
    std::size_t max_answer_bytes = 1 << 20;
};

struct HttpResponse {
    /// Set when there was no complete answer: provider_away or provider_timeout, provider for an
    /// answer that is too long; `reason` then says why in words for the log.
    std::optional<Fault> fault;
    std::string reason;
    int status = 0;
    std::string content_type; // lower case, without parameters
    std::string body;
    std::optional<long> retry_after; // seconds
    Seconds received_at = 0;         // by the clock of whoever carried the call out
};

} // namespace ciam::base
