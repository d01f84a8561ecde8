#include "io/http_client.hpp"

#include "io/call.hpp"

namespace ciam::io {

struct HttpClient::Impl {
    explicit Impl(ngx_cycle_t* cycle) : workshop(cycle) {}
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl()
    {
        for (HttpCall* call : workshop.calls) {
            call->abandon();
        }
    }

    CurlLibrary library;
    Workshop workshop;
};

HttpClient::HttpClient(ngx_cycle_t* cycle) : impl_(std::make_unique<Impl>(cycle)) {}

HttpClient::~HttpClient() = default;

std::unique_ptr<Call> HttpClient::start(const base::HttpRequest& request,
                                        const CallOptions& options,
                                        std::function<void(base::HttpResponse)> done)
{
    auto call = std::make_unique<HttpCall>(impl_->workshop, request, options, std::move(done));
    call->start();
    return call;
}

} // namespace ciam::io
