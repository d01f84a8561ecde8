// What one provider's certificate, or that of Redis, is checked against: loaded once for each,
// since loading the system's CA directory for every connection costs 30 ms of CPU.
#pragma once

#include <memory>
#include <openssl/x509.h>
#include <string>

namespace ciam::io {

struct TrustRelease {
    void operator()(X509_STORE* store) const noexcept { X509_STORE_free(store); }
};

class TlsTrust {
public:
    /// `ca_file` empty: the system's CA bundle. `crl_file` empty: no revocation check; else
    /// certificates whose issuer has no CRL in the file are refused. Throws
    /// Error{Fault::configuration} that names file and reason.
    TlsTrust(const std::string& ca_file, const std::string& crl_file);

    X509_STORE* store() const noexcept { return store_.get(); }

private:
    std::unique_ptr<X509_STORE, TrustRelease> store_;
};

} // namespace ciam::io
