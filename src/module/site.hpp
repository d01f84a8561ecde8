// Where the browser sees this site: scheme, host and port. Never taken from a Host that nobody
// configured, and never from X-Forwarded fields.
#pragma once

#include "module/conf.hpp"

#include <string>

namespace ciam::module {

struct Site {
    std::string base_url; // https://shop.example.com[:port]
    bool secure;          // https
};

/// Throws base::Error{Fault::configuration} with the directive to write.
Site site_of(ngx_http_request_t* r, const ProviderConf& provider);

/// Site::secure without judging the Host: decides the names of cookies.
bool is_secure(const ngx_http_request_t* r, const ProviderConf& provider);

std::string redirect_uri_of(const Site& site, const ProviderConf& provider);

} // namespace ciam::module
