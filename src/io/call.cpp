#include "io/call.hpp"

#include <algorithm>
#include <openssl/ssl.h>
#include <utility>

namespace ciam::io {

using base::Fault;

namespace {

/// "Retry-After" as seconds from now, whether it came as such or as a date.
std::optional<long> retry_after(CURL* easy)
{
    const auto seconds = info<curl_off_t>(easy, CURLINFO_RETRY_AFTER, 0);
    return seconds > 0 ? std::optional<long>{seconds} : std::nullopt;
}

/// Before a byte of the request was sent. No other limit of time is libcurl's.
bool has_not_connected(CURLcode result)
{
    return result == CURLE_COULDNT_CONNECT || result == CURLE_OPERATION_TIMEDOUT;
}

/// libcurl sends a request anew when a kept connection ends before the answer's first byte, but
/// only so many times. Of many calls at once to a provider that soon closes each connection, one
/// can lose every race for a place on it.
bool lost_every_race(std::string_view curl_words)
{
    return curl_words.substr(0, 15) == "Connection died";
}

bool is_ipv6(const std::string& address)
{
    return address.front() == '[';
}

void wipe(std::string& text)
{
    OPENSSL_cleanse(text.data(), text.size());
}

} // namespace

HttpCall::HttpCall(Workshop& workshop, const base::HttpRequest& request, CallOptions options,
                   Done done)
    : workshop_(&workshop), request_(request), options_(std::move(options)), done_(std::move(done)),
      deadline_(this, workshop.cycle->log, decltype(deadline_)::Exit::waits),
      delivery_(this, workshop.cycle->log, decltype(delivery_)::Exit::waits),
      began_(ngx_current_msec), answer_(request.max_answer_bytes)
{
    workshop_->calls.insert(this);
}

HttpCall::~HttpCall()
{
    leave();
    if (workshop_ != nullptr) {
        workshop_->calls.erase(this);
    }
    wipe(request_.body);
    for (auto& [name, value] : request_.headers) {
        wipe(value);
    }
}

void HttpCall::abandon() noexcept
{
    leave();
    deadline_.cancel();
    delivery_.cancel();
    lookup_.reset();
    pool_.reset();
    workshop_ = nullptr;
}

template <class Work> void HttpCall::guarded(Work work) noexcept
{
    try {
        work();
    } catch (const base::Error& error) {
        fail(error.fault(), error.what());
    } catch (const std::exception&) {
        fail(Fault::internal, "out of memory");
    }
}

void HttpCall::start() noexcept
{
    guarded([this] {
        auto url = base::Url::parse(request_.url);
        if (!url) {
            throw base::Error{Fault::provider, "the URL to be called is malformed"};
        }
        url_ = std::move(*url);
        if (url_.scheme == "https" && options_.trust == nullptr) {
            throw base::Error{Fault::internal, "an https call without trusted certificates"};
        }
        if (needs_lookup(url_.host)) {
            look_up();
        } else {
            connect({});
        }
    });
}

void HttpCall::look_up()
{
    deadline_.after(look_up_limit());
    const auto on_resolved = [this](const Resolved& names) { resolved(names); };
    lookup_ = options_.resolver != nullptr ? ask_nginx(options_.resolver, url_.host, on_resolved)
                                           : workshop_->names.ask(url_.host, on_resolved);
}

void HttpCall::resolved(const Resolved& names) noexcept
{
    guarded([&] {
        if (names.addresses.empty()) {
            throw base::Error{Fault::provider_away, names.reason};
        }
        connect(names.addresses);
    });
}

void HttpCall::connect(const std::vector<std::string>& addresses)
{
    deadline_.after(time_left());
    pool_ = workshop_->connections.to(url_.origin(), options_.trust, options_.identity);
    untried_ = addresses;
    try_addresses();
}

void HttpCall::try_addresses()
{
    tried_ = next_addresses();
    set_options(tried_);
    pool_->multi().add(*this);
}

/// As the first of a connection it is sure to be read.
void HttpCall::try_alone()
{
    is_alone_ = true;
    set_options(tried_);
    set_option(easy(), CURLOPT_FRESH_CONNECT, 1L);
    pool_->multi().add(*this);
}

/// One of each family. libcurl tries two of different families side by side; for a second one of
/// the same it sets no timer, and so 7.88 gives up where the first is silent.
std::vector<std::string> HttpCall::next_addresses()
{
    std::vector<std::string> chosen;
    for (auto next = untried_.begin(); next != untried_.end() && chosen.size() < 2;) {
        if (chosen.empty() || is_ipv6(*next) != is_ipv6(chosen.front())) {
            chosen.push_back(std::move(*next));
            next = untried_.erase(next);
        } else {
            ++next;
        }
    }
    return chosen;
}

/// Another server may have the address by now.
void HttpCall::forget_addresses() noexcept
{
    if (options_.resolver == nullptr) {
        workshop_->names.forget(url_.host);
    }
}

ngx_msec_t HttpCall::time_left() const
{
    const auto total = static_cast<ngx_msec_t>(options_.total_timeout_ms);
    return total - std::min(total, ngx_current_msec - began_);
}

ngx_msec_t HttpCall::look_up_limit() const
{
    const bool has_limit = options_.resolver != nullptr && options_.resolver_timeout_ms != 0;
    const auto connecting = static_cast<ngx_msec_t>(options_.connect_timeout_ms);
    return std::min(has_limit ? options_.resolver_timeout_ms : connecting, time_left());
}

void HttpCall::too_late() noexcept
{
    guarded([this] {
        if (!pool_) {
            throw base::Error{Fault::provider_away,
                              "no DNS answer for \"" + url_.host + "\" within " +
                                  std::to_string(ngx_current_msec - began_) +
                                  " ms; check \"resolver\" or this system's DNS"};
        }
        forget_addresses();
        if (is_multiplexed()) {
            workshop_->connections.retire(pool_); // else all later calls would join this one
        }
        throw base::Error{Fault::provider_timeout, peer() + " did not answer within " +
                                                       std::to_string(options_.total_timeout_ms) +
                                                       " ms"};
    });
}

bool HttpCall::is_multiplexed() const noexcept
{
    const auto* session = info<curl_tlssessioninfo*>(easy(), CURLINFO_TLS_SSL_PTR, nullptr);
    if (session == nullptr || session->internals == nullptr) {
        return false;
    }
    const unsigned char* protocol = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(static_cast<const SSL*>(session->internals), &protocol, &size);
    return size == 2 && protocol[0] == 'h' && protocol[1] == '2';
}

std::string HttpCall::peer() const
{
    return url_.host + ":" + std::to_string(url_.port);
}

std::size_t HttpCall::on_header(char* data, std::size_t, std::size_t size, void* self) noexcept
{
    try {
        return static_cast<HttpCall*>(self)->answer_.add_header({data, size}) ? size : 0;
    } catch (const std::exception&) {
        return 0;
    }
}

std::size_t HttpCall::on_body(char* data, std::size_t, std::size_t size, void* self) noexcept
{
    try {
        return static_cast<HttpCall*>(self)->answer_.add_body({data, size}) ? size : 0;
    } catch (const std::exception&) {
        return 0;
    }
}

void HttpCall::finished(CURLcode result) noexcept
{
    guarded([&] {
        if (result == CURLE_FILESIZE_EXCEEDED) {
            answer_.refuse_as_too_long();
        }
        if (!answer_.refusal().empty()) {
            throw base::Error{Fault::provider, answer_.refusal()};
        }
        if (has_not_connected(result) && !untried_.empty()) {
            try_addresses();
            return;
        }
        if (!is_alone_ && lost_every_race(error_text_.data())) {
            try_alone();
            return;
        }
        if (result != CURLE_OK) {
            forget_addresses();
            Failure failure = describe_failure(easy(), result, peer(), error_text_.data());
            throw base::Error{failure.fault, failure.reason};
        }
        finish(read_answer());
    });
}

base::HttpResponse HttpCall::read_answer()
{
    base::HttpResponse response;
    response.status = static_cast<int>(info<long>(easy(), CURLINFO_RESPONSE_CODE, 0));
    if (const auto* type = info<const char*>(easy(), CURLINFO_CONTENT_TYPE, nullptr)) {
        response.content_type = media_type(type);
    }
    response.retry_after = retry_after(easy());
    response.body = answer_.take_body();
    return response;
}

void HttpCall::fail(Fault fault, std::string reason) noexcept
{
    base::HttpResponse response;
    response.fault = fault;
    response.reason = std::move(reason);
    finish(std::move(response));
}

void HttpCall::finish(base::HttpResponse response) noexcept
{
    leave();
    deadline_.stop();
    response_ = std::move(response);
    delivery_.post();
}

void HttpCall::deliver() noexcept
{
    ngx_log_t* log = workshop_->cycle->log;
    const Done done = std::move(done_);
    try {
        done(std::move(response_)); // may destroy this
    } catch (const std::exception& error) {
        ngx_log_error(NGX_LOG_ALERT, log, 0, "ciam: after a call: %s", error.what());
    }
}

} // namespace ciam::io
