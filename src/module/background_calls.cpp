#include "module/background_calls.hpp"

namespace ciam::module {
namespace {

constexpr std::size_t most_calls = 256; // a provider that hangs must not take a worker's memory

} // namespace

bool BackgroundCalls::start(const base::HttpRequest& request, const io::CallOptions& options,
                            Done done)
{
    if (calls_.size() >= most_calls) {
        return false;
    }
    auto call = calls_.emplace(calls_.end());
    try {
        *call = http_.start(request, options,
                            [this, call, done = std::move(done)](base::HttpResponse response) {
                                const auto ended = std::move(*call);
                                calls_.erase(call);
                                done(std::move(response));
                            });
    } catch (...) {
        calls_.erase(call);
        throw;
    }
    return true;
}

} // namespace ciam::module
