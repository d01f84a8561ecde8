#include "io/tls_identity.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace ciam::io {

namespace {

struct BytesRelease {
    void operator()(BIO* bytes) const noexcept { BIO_free(bytes); }
};
using BytesIn = std::unique_ptr<BIO, BytesRelease>;

[[noreturn]] void refuse(const std::string& message)
{
    ERR_clear_error(); // nginx logs an alert for what others leave
    throw base::Error{base::Fault::configuration, message};
}

BytesIn open_file(const std::string& file, const std::string& named_by)
{
    BytesIn bytes{BIO_new_file(file.c_str(), "r")};
    if (!bytes) {
        refuse(named_by + ": the file " + file + " cannot be read");
    }
    return bytes;
}

/// OpenSSL would ask at the terminal.
int no_password(char*, int, int, void*)
{
    return -1;
}

} // namespace

TlsIdentity::TlsIdentity(const std::string& certificate_file, const std::string& key_file,
                         const std::string& named_by)
{
    ERR_clear_error();
    const BytesIn certificates = open_file(certificate_file, named_by);
    while (X509* one = PEM_read_bio_X509(certificates.get(), nullptr, no_password, nullptr)) {
        certificates_.emplace_back(one);
    }
    if (certificates_.empty()) {
        refuse(named_by + ": there is no certificate in PEM form in " + certificate_file);
    }
    const BytesIn key = open_file(key_file, named_by);
    key_.reset(PEM_read_bio_PrivateKey(key.get(), nullptr, no_password, nullptr));
    if (!key_) {
        refuse(named_by + ": there is no key in PEM form in " + key_file +
               " that can be read without a password");
    }
    if (X509_check_private_key(certificates_.front().get(), key_.get()) != 1) {
        refuse(named_by + ": the key in " + key_file + " is not that of the first certificate in " +
               certificate_file);
    }
    ERR_clear_error();
}

std::vector<std::string> TlsIdentity::certificates() const
{
    std::vector<std::string> list;
    for (const Certificate& certificate : certificates_) {
        std::string der(static_cast<std::size_t>(std::max(0, i2d_X509(certificate.get(), nullptr))),
                        '\0');
        auto* out = reinterpret_cast<unsigned char*>(der.data());
        i2d_X509(certificate.get(), &out);
        list.push_back(std::move(der));
    }
    return list;
}

bool TlsIdentity::use_in(SSL_CTX* context) const noexcept
{
    bool done = SSL_CTX_use_certificate(context, certificates_.front().get()) == 1 &&
                SSL_CTX_use_PrivateKey(context, key_.get()) == 1;
    for (std::size_t i = 1; done && i < certificates_.size(); i++) {
        done = SSL_CTX_add1_chain_cert(context, certificates_[i].get()) == 1;
    }
    return done;
}

} // namespace ciam::io
