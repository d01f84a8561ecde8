#include "module/request_body.hpp"

#include "module/runner.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace ciam::module {
namespace {

constexpr std::size_t most_bytes = 64 * 1024;

bool is_form(const ngx_http_request_t* r)
{
    if (r->headers_in.content_type == nullptr) {
        return false;
    }
    constexpr std::string_view form = "application/x-www-form-urlencoded";
    const auto value = to_view(r->headers_in.content_type->value);
    const auto end = std::min(value.find_first_of("; \t"), value.size());
    return end == form.size() &&
           ngx_strncasecmp(to_ngx(value).data, to_ngx(form).data, form.size()) == 0;
}

/// nginx hands over what has come piece by piece, as for proxy_request_buffering off: what does not
/// fit its buffer is never written to a file.
class FormBody : public RunningFlow {
public:
    explicit FormBody(ngx_http_request_t* r) : r_(r) {}
    FormBody(const FormBody&) = delete;
    FormBody& operator=(const FormBody&) = delete;
    ~FormBody() override { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

    /// NGX_OK, or a status.
    ngx_int_t start()
    {
        if (r_->headers_in.content_length_n > static_cast<off_t>(most_bytes)) {
            return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        }
        // At once, so that no part of it is left behind when the text grows.
        const auto length = r_->headers_in.content_length_n;
        bytes_.reserve(length < 0 ? most_bytes : static_cast<std::size_t>(length));
        r_->request_body_no_buffering = 1;
        r_->request_body_in_file_only = 0;
        // Called at once, with what there is: read() looks for itself.
        const auto rc = ngx_http_read_client_request_body(r_, [](ngx_http_request_t*) {});
        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            return rc;
        }
        // The phase handler waits, which nginx' own reader would not have it do.
        ngx_http_finalize_request(r_, NGX_DONE);
        return rc == NGX_ERROR ? failed(rc) : NGX_OK;
    }

    /// NGX_OK: all is there. NGX_AGAIN: more will come. Else a status.
    ngx_int_t read()
    {
        auto rc = take();
        while (rc == NGX_OK && r_->reading_body) {
            const auto before = bytes_.size();
            const auto more = ngx_http_read_unbuffered_request_body(r_);
            rc = more == NGX_AGAIN || more == NGX_OK ? take() : failed(more);
            if (rc == NGX_OK && more == NGX_AGAIN && bytes_.size() == before) {
                r_->read_event_handler = wake;
                return NGX_AGAIN;
            }
        }
        r_->read_event_handler = ngx_http_block_reading;
        return rc;
    }

    base::Secret give() { return base::Secret{std::move(bytes_)}; }

private:
    static ngx_int_t failed(ngx_int_t rc) { return rc == NGX_ERROR ? NGX_HTTP_BAD_REQUEST : rc; }

    /// Moves what nginx has read to here. NGX_OK, or a status where it is too much.
    ngx_int_t take()
    {
        auto* body = r_->request_body;
        if (body == nullptr) {
            return NGX_OK; // another module has thrown it away
        }
        for (auto* link = body->bufs; link != nullptr; link = link->next) {
            auto& buffer = *link->buf;
            const auto size = static_cast<std::size_t>(ngx_buf_size(&buffer));
            // In a file where another module has read the body before us.
            if (buffer.in_file || size > most_bytes - bytes_.size()) {
                return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
            }
            bytes_.append(reinterpret_cast<const char*>(buffer.pos), size);
            OPENSSL_cleanse(buffer.pos, size);
            buffer.pos = buffer.last;
        }
        body->bufs = nullptr;
        return NGX_OK;
    }

    ngx_http_request_t* r_;
    std::string bytes_;
};

} // namespace

ngx_int_t read_form(ngx_http_request_t* r, RequestContext& ctx, FormReader then)
{
    if (!is_form(r)) {
        return NGX_HTTP_UNSUPPORTED_MEDIA_TYPE;
    }
    auto body = std::make_unique<FormBody>(r);
    const auto started = body->start();
    if (started != NGX_OK) {
        return started;
    }
    return start_flow<FormBody>(ctx, std::move(body),
                                [&ctx, then = std::move(then)](FormBody& running) {
                                    const auto rc = running.read();
                                    if (rc == NGX_AGAIN) {
                                        return rc;
                                    }
                                    auto form = running.give();
                                    end_flow(ctx);
                                    return rc == NGX_OK ? then(std::move(form)) : rc;
                                });
}

} // namespace ciam::module
