#include "io/tls_client.hpp"

#include "base/error.hpp"
#include "io/tls_failure.hpp"

#include <algorithm>
#include <cerrno>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace ciam::io {
namespace {

[[noreturn]] void failed(const std::string& reason)
{
    ERR_clear_error(); // nginx logs an alert for what others leave
    throw base::Error{base::Fault::internal, reason};
}

struct Release {
    void operator()(SSL* tls) const noexcept { SSL_free(tls); }
};
using Tls = std::unique_ptr<SSL, Release>;

/// Whose certificate it has to be, and whom we ask for (RFC 6066 section 3: never by address).
bool expect(SSL* tls, const std::string& host)
{
    X509_VERIFY_PARAM* parameters = SSL_get0_param(tls);
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1 ||
           (!host.empty() && SSL_set1_host(tls, host.c_str()) == 1 &&
            SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                     const_cast<char*>(host.c_str())) == 1);
}

class TlsStream final : public ByteStream {
public:
    TlsStream(Tls tls, std::string host) : tls_(std::move(tls)), host_(std::move(host)) {}
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;
    ~TlsStream() override
    {
        if (is_open_) {
            SSL_shutdown(tls_.get()); // says that this is the end; nobody waits for the other's
            ERR_clear_error();
        }
    }

    bool greet() override
    {
        is_open_ = call([this] { return SSL_connect(tls_.get()); }) > 0;
        return is_open_;
    }

    std::size_t read(char* to, std::size_t room) override
    {
        return call([&] { return SSL_read(tls_.get(), to, static_cast<int>(room)); });
    }

    std::size_t write(std::string_view bytes) override
    {
        constexpr std::size_t most = 16 * 1024; // of one record (RFC 8446 section 5.1)
        const auto count = static_cast<int>(std::min(bytes.size(), most));
        return call([&] { return SSL_write(tls_.get(), bytes.data(), count); });
    }

    bool waits_to_write() const override { return waits_to_write_; }

private:
    template <class Act> std::size_t call(Act act)
    {
        ERR_clear_error();
        errno = 0;
        const int result = act();
        const int system_error = errno;
        const int error = SSL_get_error(tls_.get(), result);
        waits_to_write_ = error == SSL_ERROR_WANT_WRITE;
        if (result > 0 || waits_to_write_ || error == SSL_ERROR_WANT_READ) {
            ERR_clear_error(); // a success, too, may leave what it tried first
            return static_cast<std::size_t>(std::max(result, 0));
        }
        is_open_ = is_open_ && error == SSL_ERROR_ZERO_RETURN;
        failed(tls_failure(tls_.get(), error, system_error, host_));
    }

    Tls tls_;
    std::string host_;
    bool is_open_ = false;
    bool waits_to_write_ = false;
};

} // namespace

TlsClient::TlsClient(const TlsTrust& trust, const TlsIdentity* identity)
    : context_(SSL_CTX_new(TLS_client_method()))
{
    if (!context_ || SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION) != 1 ||
        (identity != nullptr && !identity->use_in(context_.get()))) {
        ERR_clear_error();
        throw base::Error{base::Fault::configuration, "OpenSSL could not set up TLS"};
    }
    SSL_CTX_set1_cert_store(context_.get(), trust.store());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_options(context_.get(), SSL_OP_NO_RENEGOTIATION);
    // What has not been written yet lies elsewhere when more has come behind it.
    SSL_CTX_set_mode(context_.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

std::unique_ptr<ByteStream> TlsClient::stream(int socket, const std::string& host) const
{
    Tls tls{SSL_new(context_.get())};
    if (!tls || SSL_set_fd(tls.get(), socket) != 1 || !expect(tls.get(), host)) {
        failed("OpenSSL could not begin TLS");
    }
    ERR_clear_error();
    return std::make_unique<TlsStream>(std::move(tls), host);
}

} // namespace ciam::io
