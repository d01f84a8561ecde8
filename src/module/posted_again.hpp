// A form that another site posts here comes without the cookies of this site (SameSite=Lax). It
// gets a page that posts it once more, from here, and then they are there.
#pragma once

#include "module/conf.hpp"
#include "module/pages.hpp"

#include <string_view>

namespace ciam::module {

/// True for a posted form that has to come once more to bring its cookies. `form`: as it came.
bool lacks_lax_cookies(ngx_http_request_t* r, const ProviderConf& provider, std::string_view form);

/// The page for it; what comes then is not sent round again.
Page again_page(const std::string& path, PostedFields fields);

} // namespace ciam::module
