// What libcurl is told about a call: what it may do, how long and how much.
#include "io/call.hpp"

#include <openssl/ssl.h>

namespace ciam::io {

namespace {

// Shorter than what load balancers wait before they drop an idle connection.
constexpr long idle_connection_seconds = 50;

CURLcode on_tls_context(CURL*, void* context, void* pool) noexcept
{
    const bool done = static_cast<const Pool*>(pool)->set_up(static_cast<SSL_CTX*>(context));
    return done ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

std::string header_line(const std::string& name, const std::string& value)
{
    constexpr std::string_view line_ends{"\r\n\0", 3};
    if (name.find_first_of(line_ends) != std::string::npos ||
        value.find_first_of(line_ends) != std::string::npos) {
        throw base::Error{base::Fault::internal, "a request header holds a line end"};
    }
    return name + ": " + value;
}

} // namespace

void HttpCall::set_options(const std::vector<std::string>& addresses)
{
    make_easy();
    headers_.reset();
    addresses_.reset();
    set_option(easy(), CURLOPT_URL, request_.url.c_str());
    set_option(easy(), CURLOPT_PROTOCOLS_STR, "http,https");
    set_option(easy(), CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set_option(easy(), CURLOPT_FOLLOWLOCATION, 0L);
    set_option(easy(), CURLOPT_PROXY, ""); // whatever the environment says
    set_option(easy(), CURLOPT_USERAGENT, "nginx-ciam");
    error_text_.front() = '\0';
    set_option(easy(), CURLOPT_ERRORBUFFER, error_text_.data());
    set_addresses(addresses);
    set_limits();
    set_tls();
    set_message();
}

void HttpCall::set_addresses(const std::vector<std::string>& addresses)
{
    if (addresses.empty()) {
        return; // the URL has an address, or a name that libcurl knows without asking
    }
    std::string line = "+" + url_.host + ":" + std::to_string(url_.port);
    char divider = ':';
    for (const std::string& address : addresses) {
        line += divider + address;
        divider = ',';
    }
    append(addresses_, line);
    set_option(easy(), CURLOPT_RESOLVE, addresses_.get());
}

void HttpCall::set_limits()
{
    // Half of it where others are left to be tried.
    set_option(easy(), CURLOPT_CONNECTTIMEOUT_MS,
               untried_.empty() ? options_.connect_timeout_ms : options_.connect_timeout_ms / 2);
    set_option(easy(), CURLOPT_MAXFILESIZE_LARGE,
               static_cast<curl_off_t>(request_.max_answer_bytes));
    set_option(easy(), CURLOPT_MAXAGE_CONN, idle_connection_seconds);
    // Every call brings its addresses: libcurl must not ask on its own when they get old.
    set_option(easy(), CURLOPT_DNS_CACHE_TIMEOUT, -1L);
}

void HttpCall::set_tls()
{
    if (url_.scheme != "https") {
        set_option(easy(), CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
        return;
    }
    set_option(easy(), CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    set_option(easy(), CURLOPT_PIPEWAIT, 1L);
    set_option(easy(), CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    set_option(easy(), CURLOPT_SSL_VERIFYPEER, 1L);
    set_option(easy(), CURLOPT_SSL_VERIFYHOST, 2L);
    set_option(easy(), CURLOPT_CAINFO, nullptr); // libcurl's own loading costs 30 ms a connection
    set_option(easy(), CURLOPT_CAPATH, nullptr);
    set_option(easy(), CURLOPT_SSL_CTX_FUNCTION, &on_tls_context);
    set_option(easy(), CURLOPT_SSL_CTX_DATA, pool_.get());
    set_option(easy(), CURLOPT_SHARE, pool_->tls_sessions());
}

void HttpCall::set_message()
{
    append(headers_, "Accept-Encoding: identity");
    append(headers_, "Expect:"); // libcurl would wait for a "100 Continue" before a long body
    for (const auto& [name, value] : request_.headers) {
        append(headers_, header_line(name, value));
    }
    set_option(easy(), CURLOPT_HTTPHEADER, headers_.get());
    if (!request_.body.empty()) {
        set_option(easy(), CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(request_.body.size()));
        set_option(easy(), CURLOPT_POSTFIELDS, request_.body.data()); // not copied
    }
    set_option(easy(), CURLOPT_HEADERFUNCTION, &HttpCall::on_header);
    set_option(easy(), CURLOPT_HEADERDATA, this);
    set_option(easy(), CURLOPT_WRITEFUNCTION, &HttpCall::on_body);
    set_option(easy(), CURLOPT_WRITEDATA, this);
}

} // namespace ciam::io
