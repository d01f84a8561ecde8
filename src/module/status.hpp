// oidc_status: what a sysadmin or a monitoring system wants to know. Nothing in it is secret or
// says anything about a customer.
#pragma once

#include "module/nginx.hpp"

namespace ciam::module {

/// Content handler: JSON, or Prometheus' text format where Accept asks for text/plain or
/// application/openmetrics-text before it asks for JSON.
ngx_int_t serve_status(ngx_http_request_t* r);

} // namespace ciam::module
