// The connections that calls share, apart for each origin, trust and certificate of our own. Apart,
// because libcurl 7.88 would otherwise hand a connection, a TLS session or even the certificate
// store that one provider brought to another of the same host, and wakes the wrong one of the calls
// that wait for HTTP/2. A connection that was opened with a certificate speaks for its owner.
#pragma once

#include "io/multi.hpp"
#include "io/tls_identity.hpp"
#include "io/tls_trust.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>

namespace ciam::io {

/// The connections to one origin, and their TLS sessions for quick handshakes.
class Pool {
public:
    /// `trust` and `identity` may be null. Throws Error{Fault::internal}.
    Pool(ngx_cycle_t* cycle, X509_STORE* trust, std::shared_ptr<const TlsIdentity> identity);

    Multi& multi() noexcept { return multi_; }
    CURLSH* tls_sessions() const noexcept { return tls_sessions_.get(); }

    /// What its connections begin with. False when OpenSSL fails.
    bool set_up(SSL_CTX* context) const noexcept;

private:
    std::unique_ptr<X509_STORE, TrustRelease> trust_;
    std::shared_ptr<const TlsIdentity> identity_;
    Share tls_sessions_;
    Multi multi_;
};

class Connections {
public:
    explicit Connections(ngx_cycle_t* cycle) : cycle_(cycle) {}

    /// Throws Error{Fault::internal}.
    std::shared_ptr<Pool> to(const std::string& origin, const TlsTrust* trust,
                             const std::shared_ptr<const TlsIdentity>& identity);

    /// New calls get a new pool; the old one lives as long as its calls.
    void retire(const std::shared_ptr<Pool>& pool);

private:
    using Key = std::tuple<std::string, X509_STORE*, const TlsIdentity*>;

    struct Kept {
        std::shared_ptr<Pool> pool;
        std::uint64_t used = 0; // counted
    };

    void make_room();

    ngx_cycle_t* cycle_;
    std::map<Key, Kept> pools_; // a pool holds both: the key stays unique
    std::uint64_t last_use_ = 0;
};

} // namespace ciam::io
