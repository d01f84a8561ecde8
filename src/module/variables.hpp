// The module's variables. All read the main request's session and may be used in any phase.
#pragma once

#include "module/conf.hpp"

#include <optional>
#include <string_view>

namespace ciam::module {

ngx_int_t add_variables(ngx_conf_t* cf);

/// For the value of an oidc_set_header: the same text, but with another name of
/// $oidc_access_token, so that the other uses of that variable can be told from these.
/// nullopt: it does not use the variable.
std::optional<ngx_str_t> mark_access_token(ngx_conf_t* cf, const ngx_str_t& text);

/// `oidc_claim_set`. Throws base::Error{Fault::configuration} for a name that is taken.
void add_claim_variable(ngx_conf_t* cf, const ClaimVariable& claim);

/// What the configuration uses, found among nginx's variables once all is read.
struct UsedVariables {
    std::vector<std::string> names;  // all
    std::vector<std::string> claims; // NAME of $oidc_claim_NAME
    bool id_token = false;
    bool access_token = false;
    bool access_token_header = false; // in oidc_set_header
    bool userinfo = false;
};
UsedVariables used_variables(ngx_conf_t* cf);

} // namespace ciam::module
