// What each directive of an oidc_provider block takes. A setter throws
// base::Error{Fault::configuration} with a sentence that says what to write instead.
#pragma once

#include "module/conf.hpp"
#include "module/directive_words.hpp"

#include <string_view>

namespace ciam::module {

void check_provider_name(std::string_view name);
/// What must hold once the block is closed: what is required is there, nothing contradicts.
void check_provider(ngx_conf_t* cf, ProviderConf& provider);

/// What follows from the scheme of the issuer, or of its metadata's address where it has none.
void allow_loopback_http(ngx_conf_t* cf, oidc::Client& client, bool is_http);

/// The text of a secret_key_file, tried.
base::Secret read_secret_keys(ngx_conf_t* cf, const DirectiveWords& words);

void set_issuer(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_clock_skew(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_config_url(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_cookie_name(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_frontchannel_logout_uri(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_login_timeout(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_login_uri(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_logout_token_hint(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_logout_uri(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_post_logout_uri(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_redirect_uri(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_scope(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_secret_key_file(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_session_max_lifetime(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_sessions_per_subject(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_session_store(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_session_timeout(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_ssl_crl(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_ssl_trusted_certificate(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_timeout(ngx_conf_t*, ProviderConf&, const DirectiveWords&);
void set_userinfo(ngx_conf_t*, ProviderConf&, const DirectiveWords&);

} // namespace ciam::module
