#include "module/runner.hpp"

namespace ciam::module {

void wake(ngx_http_request_t* r)
{
    r->write_event_handler = ngx_http_core_run_phases;
    r->read_event_handler = ngx_http_block_reading;
    // nginx's macro is a bare block.
    {
        ngx_post_event(r->connection->write, &ngx_posted_events);
    }
}

ngx_int_t wait_for_wake(ngx_http_request_t* r)
{
    auto* read = r->connection->read;
    if (read->ready) {
        {
            ngx_post_event(read, &ngx_posted_events);
        }
    } else if (ngx_handle_read_event(read, 0) != NGX_OK) {
        return NGX_ERROR;
    }
    r->read_event_handler = ngx_http_test_reading;
    return NGX_AGAIN;
}

} // namespace ciam::module
