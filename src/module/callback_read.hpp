// Whose login a callback ends: several providers may share the path, and the sealed state says
// which.
#pragma once

#include "flow/login.hpp"
#include "module/conf.hpp"

#include <string>
#include <vector>

namespace ciam::module {

struct ReadCallback {
    const ProviderConf& provider;
    flow::Callback callback;
};

/// The values of the cookie that was set when a login at this provider began.
std::vector<std::string> binding_values(ngx_http_request_t* r, const ProviderConf& provider);

/// Throws base::Error{Fault::client}: for a state that was not sealed here or is of a provider of
/// another place, and for a response that came to another provider's redirect_uri.
ReadCallback read_callback(ngx_http_request_t* r, const Endpoint& endpoint,
                           const std::string& query);

} // namespace ciam::module
