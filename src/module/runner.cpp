#include "module/runner.hpp"

namespace ciam::module {

void wake(ngx_http_request_t* r)
{
    r->write_event_handler = ngx_http_core_run_phases;
    if (r == r->main) {
        r->read_event_handler = ngx_http_block_reading;
    }
    // The connection's event goes to one request alone, which need not be this subrequest.
    if (r != r->connection->data && ngx_http_post_request(r, nullptr) != NGX_OK) {
        return; // no memory: the client's own timeout ends it
    }
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
