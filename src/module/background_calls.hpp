// Calls to providers that no request waits for. A worker that is told to exit finishes them first.
#pragma once

#include "io/http_client.hpp"

#include <functional>
#include <list>
#include <memory>

namespace ciam::module {

class BackgroundCalls {
public:
    using Done = std::function<void(base::HttpResponse)>;

    /// `http` outlives this.
    explicit BackgroundCalls(io::HttpClient& http) : http_(http) {}
    BackgroundCalls(const BackgroundCalls&) = delete;
    BackgroundCalls& operator=(const BackgroundCalls&) = delete;
    ~BackgroundCalls() = default; // cancels what is under way

    /// False: too many are under way, and this one was not started. `done` must not throw.
    bool start(const base::HttpRequest& request, const io::CallOptions& options, Done done);

private:
    io::HttpClient& http_;
    std::list<std::unique_ptr<io::Call>> calls_;
};

} // namespace ciam::module
