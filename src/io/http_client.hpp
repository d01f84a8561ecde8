// HTTP calls to providers: libcurl's multi socket interface on nginx's event loop. One object a
// worker; one Call a transfer, and destroying it cancels it.
#pragma once

#include "base/http_message.hpp"
#include "io/tls_identity.hpp"
#include "io/tls_trust.hpp"

#include <functional>
#include <memory>

extern "C" {
#include <ngx_config.h>

#include <ngx_core.h>
#include <ngx_event.h>
}

namespace ciam::io {

struct CallOptions {
    long connect_timeout_ms = 2000;
    long total_timeout_ms = 5000;
    const TlsTrust* trust = nullptr;             // outlives the call
    std::shared_ptr<const TlsIdentity> identity; // null: no certificate of ours
    ngx_resolver_t* resolver = nullptr;          // null: the system's resolver
    ngx_msec_t resolver_timeout_ms = 0;
};

class HttpClient;

/// A transfer under way. Destroying it cancels it without a wait; `done` is then never called.
class Call {
public:
    virtual ~Call() = default;
};

class HttpClient {
public:
    /// In a worker, after fork. Throws Error{Fault::internal}.
    explicit HttpClient(ngx_cycle_t* cycle);
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    ~HttpClient();

    /// Starts a call. `done` is called once, from a posted event, never from within start(); it may
    /// destroy the Call. Failures are answers (HttpResponse::fault), never exceptions.
    std::unique_ptr<Call> start(const base::HttpRequest& request, const CallOptions& options,
                                std::function<void(base::HttpResponse)> done);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace ciam::io
