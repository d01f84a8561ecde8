// Why a connection by TLS failed, and what to do.
#pragma once

#include <openssl/ssl.h>
#include <string>

namespace ciam::io {

/// After a call that gave SSL_get_error() this error. `system_error`: errno, as the call left it.
std::string tls_failure(const SSL* tls, int error, int system_error, const std::string& host);

} // namespace ciam::io
