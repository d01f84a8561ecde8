#include "module/logout_values.hpp"

namespace ciam::module {

void set_backchannel_logout_uri(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.backchannel_path = own_path(words, to_view(words[1]));
}

} // namespace ciam::module
