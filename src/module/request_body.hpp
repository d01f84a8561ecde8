// A form that is posted to an address of our own. Read in the phase that asks for it, bounded,
// never written to a file, and wiped from nginx' buffers: such forms hold tokens and codes.
#pragma once

#include "base/secret.hpp"
#include "module/request_context.hpp"

#include <functional>

namespace ciam::module {

/// Gets the whole form, application/x-www-form-urlencoded.
using FormReader = std::function<ngx_int_t(base::Secret form)>;

/// Reads the body while the request waits, and then returns what `then` returns. A status instead:
/// 415 for another Content-Type, 413 for more than 64 KB, 400 and 408 for a body that does not come
/// to its end. Inside guarded(), as all handlers are.
ngx_int_t read_form(ngx_http_request_t* r, RequestContext& ctx, FormReader then);

} // namespace ciam::module
