// What stands for a client where its requests are counted.
#pragma once

#include "module/nginx.hpp"

#include <string_view>

namespace ciam::module {

/// Everybody who may be the same client: an IPv4 address, an IPv6 network of 64 bits. A proxy that
/// does not tell its clients' addresses (see ngx_http_realip) is one client. A view into
/// `connection`.
std::string_view network_of(const ngx_connection_t& connection);

} // namespace ciam::module
