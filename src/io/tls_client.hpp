// TLS of our own connections to a server that is no web server: verified always, version 1.2 or
// newer.
#pragma once

#include "io/byte_stream.hpp"
#include "io/tls_identity.hpp"
#include "io/tls_trust.hpp"

#include <memory>
#include <optional>
#include <string>

namespace ciam::io {

/// What connections to one place have in common. Made by the master, which may read the key.
class TlsClient {
public:
    /// `identity` null: no certificate of ours. Throws Error{Fault::configuration}.
    TlsClient(const TlsTrust& trust, const TlsIdentity* identity);

    /// Over a connected socket, which whoever calls closes. `host`: the name or address that the
    /// server's certificate has to hold. Throws Error{Fault::internal}.
    std::unique_ptr<ByteStream> stream(int socket, const std::string& host) const;

private:
    struct Release {
        void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    };

    std::unique_ptr<SSL_CTX, Release> context_;
};

} // namespace ciam::io
