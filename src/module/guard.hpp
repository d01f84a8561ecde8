// No exception crosses into nginx: each handler of ours runs inside guarded().
#pragma once

#include "module/request_context.hpp"
#include "module/respond.hpp"

#include <exception>

namespace ciam::module {

/// Runs `handler`; an Error is logged once and answered, anything else is a 500.
template <class Handler>
ngx_int_t guarded(ngx_http_request_t* r, const char* provider, Handler handler) noexcept
{
    try {
        try {
            return handler();
        } catch (const base::Error& error) {
            return send_error(r, provider, error);
        }
    } catch (const std::exception& error) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "ciam: %s", error.what());
        if (auto* ctx = find_context(r)) {
            end_flow(*ctx);
        }
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

/// The same for a content handler, whose result nginx finalizes the request with.
template <class Handler> ngx_int_t guarded_content(ngx_http_request_t* r, Handler handler) noexcept
{
    try {
        return handler();
    } catch (const std::exception& error) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "ciam: %s", error.what());
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

} // namespace ciam::module
