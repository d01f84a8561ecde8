// The certificate that this server shows a provider (RFC 8705) or Redis, with its key: loaded once,
// by the master, which may read what workers may not.
#pragma once

#include <memory>
#include <openssl/ssl.h>
#include <string>
#include <vector>

namespace ciam::io {

class TlsIdentity {
public:
    /// PEM files: the certificate, then those of authorities between it and the root; its key
    /// without a password. Throws Error{Fault::configuration} that names file and reason after who
    /// named the files.
    TlsIdentity(const std::string& certificate_file, const std::string& key_file,
                const std::string& named_by = "client_certificate");

    EVP_PKEY* key() const noexcept { return key_.get(); }

    /// The certificates in DER, its own first.
    std::vector<std::string> certificates() const;

    /// False when OpenSSL fails.
    bool use_in(SSL_CTX* context) const noexcept;

private:
    struct CertificateRelease {
        void operator()(X509* certificate) const noexcept { X509_free(certificate); }
    };
    struct KeyRelease {
        void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    };
    using Certificate = std::unique_ptr<X509, CertificateRelease>;

    std::vector<Certificate> certificates_; // its own first
    std::unique_ptr<EVP_PKEY, KeyRelease> key_;
};

} // namespace ciam::io
