// The module's variables. All read the main request's session and may be used in any phase.
#pragma once

#include "module/conf.hpp"

#include <string_view>

namespace ciam::module {

ngx_int_t add_variables(ngx_conf_t* cf);

/// `oidc_claim_set`. Throws base::Error{Fault::configuration} for a name that is taken.
void add_claim_variable(ngx_conf_t* cf, const ClaimVariable& claim);

/// What the configuration uses, found among nginx's variables once all is read.
struct UsedVariables {
    std::vector<std::string> names;  // all
    std::vector<std::string> claims; // NAME of $oidc_claim_NAME
    bool id_token = false;
    bool access_token = false;
    bool userinfo = false;
};
UsedVariables used_variables(ngx_conf_t* cf);

} // namespace ciam::module
