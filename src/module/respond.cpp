#include "module/respond.hpp"

#include "module/counts.hpp"
#include "module/request_context.hpp"

namespace ciam::module {
namespace {

ngx_int_t send_body(ngx_http_request_t* r, std::string_view body)
{
    const auto rc = ngx_http_send_header(r);
    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only || body.empty()) {
        return rc;
    }
    auto* buffer = static_cast<ngx_buf_t*>(ngx_pcalloc(r->pool, sizeof(ngx_buf_t)));
    if (buffer == nullptr) {
        return NGX_ERROR;
    }
    const auto copy = pool_copy(r->pool, body);
    buffer->pos = buffer->start = copy.data;
    buffer->last = buffer->end = copy.data + copy.len;
    buffer->memory = 1;
    buffer->last_buf = r == r->main ? 1 : 0;
    buffer->last_in_chain = 1;
    ngx_chain_t out{buffer, nullptr};
    return ngx_http_output_filter(r, &out);
}

struct Body {
    const char* type = nullptr;
    std::string_view text;
};

ngx_int_t write_answer(ngx_http_request_t* r, ngx_uint_t status, const Body& body)
{
    const ngx_int_t rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }
    set_header(r, "Cache-Control", "no-store");
    r->err_status = 0; // inside an error_page nginx would send that status instead
    r->headers_out.status = status;
    r->headers_out.status_line.len = 0;
    r->headers_out.content_length_n = static_cast<off_t>(body.text.size());
    if (body.type != nullptr) {
        r->headers_out.content_type = to_ngx(body.type);
        r->headers_out.content_type_len = r->headers_out.content_type.len;
        r->headers_out.content_type_lowcase = nullptr;
    }
    r->header_only = r->header_only || body.text.empty();
    return send_body(r, body.text);
}

ngx_int_t send(ngx_http_request_t* r, ngx_uint_t status, const Body& body)
{
    ngx_http_finalize_request(r, write_answer(r, status, body));
    return NGX_DONE;
}

bool site_dresses(ngx_http_request_t* r, ngx_uint_t status)
{
    const auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    if (core->error_pages == nullptr || r->error_page) {
        return false;
    }
    const auto* pages = static_cast<ngx_http_err_page_t*>(core->error_pages->elts);
    for (ngx_uint_t i = 0; i < core->error_pages->nelts; ++i) {
        if (pages[i].status == static_cast<ngx_int_t>(status)) {
            return true;
        }
    }
    return false;
}

void count_failure(ngx_http_request_t* r, base::Fault fault)
{
    using base::Fault;
    const auto* ctx = find_context(r);
    const auto* endpoint = ctx != nullptr ? ctx->endpoint : nullptr;
    const bool is_login = endpoint == nullptr || endpoint->kind == EndpointKind::callback ||
                          endpoint->kind == EndpointKind::login ||
                          endpoint->kind == EndpointKind::initiate_login;
    if (is_login && fault != Fault::misdirected) {
        const bool refused =
            fault == Fault::client || fault == Fault::denied || fault == Fault::too_many;
        count(refused ? store::Counter::logins_refused : store::Counter::logins_failed);
    }
}

/// What only one browser has to do with is written each time, but at level info; what the sysadmin
/// or the provider can mend meets everybody, and is written once.
void log_error(ngx_http_request_t* r, const char* provider, const base::Error& error)
{
    using base::Fault;
    const auto fault = error.fault();
    if (fault == Fault::client || fault == Fault::denied) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "ciam: provider \"%s\": %s", provider,
                      error.what());
        return;
    }
    const bool by_clients = fault == Fault::misdirected || fault == Fault::too_many;
    log_sparsely({.log = r->connection->log,
                  .level = by_clients ? ngx_uint_t{NGX_LOG_WARN} : ngx_uint_t{NGX_LOG_ERR},
                  .provider = provider,
                  .text = error.what(),
                  .may_quote_strangers = true});
}

} // namespace

void forget_challenges(ngx_http_request_t* r)
{
    // auth_basic may have left one, which would bring up the browser's own password window.
#if (nginx_version >= 1023000)
    for (auto* field = r->headers_out.www_authenticate; field != nullptr; field = field->next) {
        field->hash = 0;
    }
#else
    if (r->headers_out.www_authenticate != nullptr) {
        r->headers_out.www_authenticate->hash = 0;
    }
#endif
    r->headers_out.www_authenticate = nullptr;
}

void set_header(ngx_http_request_t* r, std::string_view name, std::string_view value)
{
    for (auto* part = &r->headers_out.headers.part; part != nullptr; part = part->next) {
        auto* fields = static_cast<ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            if (fields[i].hash != 0 && to_view(fields[i].key) == name) {
                fields[i].hash = 0;
            }
        }
    }
    add_header(r, name, value);
}

ngx_table_elt_t* add_header(ngx_http_request_t* r, std::string_view name, std::string_view value)
{
    auto* field = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
    if (field == nullptr) {
        throw std::bad_alloc{};
    }
    *field = ngx_table_elt_t{};
    field->hash = 1;
    field->key = to_ngx(name);
    field->value = pool_copy(r->pool, value);
    return field;
}

void add_challenge(ngx_http_request_t* r, const std::string& provider)
{
    r->headers_out.www_authenticate =
        add_header(r, "WWW-Authenticate", "OIDC realm=\"" + provider + '"');
}

ngx_int_t send_redirect(ngx_http_request_t* r, const std::string& absolute_url)
{
    forget_challenges(r);
    set_header(r, "Location", absolute_url);
    set_header(r, "Referrer-Policy", "no-referrer");
    const bool get = r->method == NGX_HTTP_GET || r->method == NGX_HTTP_HEAD;
    return send(r, get ? NGX_HTTP_MOVED_TEMPORARILY : NGX_HTTP_SEE_OTHER, {});
}

ngx_int_t send_page(ngx_http_request_t* r, const Page& page)
{
    forget_challenges(r);
    // No form-action: browsers hold the redirects after a form against it, and some lead to the
    // provider.
    const auto script =
        page.posts_itself ? "; script-src '" + posting_script_hash() + "'" : std::string{};
    set_header(r, "Content-Security-Policy",
               "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri "
               "'none'" +
                   script);
    // The form that asks before a logout needs the Origin field.
    set_header(r, "Referrer-Policy", page.post_to.empty() ? "no-referrer" : "same-origin");
    if (page.retry_after > 0) {
        set_header(r, "Retry-After", std::to_string(page.retry_after));
    }
    const auto html = page.html();
    return send(r, page.status, {"text/html; charset=utf-8", html});
}

ngx_int_t send_json(ngx_http_request_t* r, ngx_uint_t status, const std::string& json)
{
    return send(r, status, {"application/json", json});
}

ngx_int_t send_empty(ngx_http_request_t* r, ngx_uint_t status)
{
    forget_challenges(r);
    return send(r, status, {});
}

ngx_int_t give_text(ngx_http_request_t* r, const char* type, const std::string& text)
{
    return write_answer(r, NGX_HTTP_OK, {type, text});
}

ngx_int_t give_empty(ngx_http_request_t* r, ngx_uint_t status)
{
    return write_answer(r, status, {});
}

ngx_int_t send_error_page(ngx_http_request_t* r, const Page& page)
{
    if (!site_dresses(r, page.status)) {
        return send_page(r, page);
    }
    if (page.retry_after > 0) {
        set_header(r, "Retry-After", std::to_string(page.retry_after));
    }
    set_header(r, "Cache-Control", "no-store");
    // The address in the browser may still hold a code: not for the Referer of the page's pictures.
    set_header(r, "Referrer-Policy", "no-referrer");
    context(r).failed_page = std::make_unique<Page>(page);
    return static_cast<ngx_int_t>(page.status);
}

ngx_int_t send_error(ngx_http_request_t* r, const char* provider, const base::Error& error)
{
    log_error(r, provider, error);
    count_failure(r, error.fault());
    if (auto* ctx = find_context(r)) {
        end_flow(*ctx);
    }
    return send_error_page(r, page_for(error.fault()));
}

} // namespace ciam::module
