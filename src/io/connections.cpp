#include "io/connections.hpp"

#include <algorithm>
#include <utility>

namespace ciam::io {

Pool::Pool(ngx_cycle_t* cycle, X509_STORE* trust, std::shared_ptr<const TlsIdentity> identity)
    : identity_(std::move(identity)), tls_sessions_(made(Share{curl_share_init()})), multi_(cycle)
{
    if (trust != nullptr) {
        X509_STORE_up_ref(trust);
        trust_.reset(trust);
    }
    if (curl_share_setopt(tls_sessions_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) !=
        CURLSHE_OK) {
        throw base::Error{base::Fault::internal, "libcurl can't share TLS sessions"};
    }
}

/// libcurl fills the context's own store after this, and keeps it for other connections; the
/// verify store is ours alone, and OpenSSL prefers it.
bool Pool::set_up(SSL_CTX* context) const noexcept
{
    return SSL_CTX_set1_verify_cert_store(context, trust_.get()) == 1 &&
           (!identity_ || identity_->use_in(context));
}

std::shared_ptr<Pool> Connections::to(const std::string& origin, const TlsTrust* trust,
                                      const std::shared_ptr<const TlsIdentity>& identity)
{
    X509_STORE* store = trust != nullptr ? trust->store() : nullptr;
    const Key key{origin, store, identity.get()};
    auto found = pools_.find(key);
    if (found == pools_.end()) {
        make_room();
        auto pool = std::make_shared<Pool>(cycle_, store, identity);
        found = pools_.emplace(key, Kept{std::move(pool)}).first;
    }
    found->second.used = ++last_use_;
    return found->second.pool;
}

/// With thousands of providers each worker would hold as many descriptors and connections of nginx.
void Connections::make_room()
{
    constexpr std::size_t most_pools = 64;
    if (pools_.size() < most_pools) {
        return;
    }
    auto oldest = pools_.end();
    for (auto one = pools_.begin(); one != pools_.end(); ++one) {
        const bool is_idle = one->second.pool.use_count() == 1;
        if (is_idle && (oldest == pools_.end() || one->second.used < oldest->second.used)) {
            oldest = one;
        }
    }
    if (oldest != pools_.end()) {
        pools_.erase(oldest);
    }
}

void Connections::retire(const std::shared_ptr<Pool>& pool)
{
    const auto found = std::find_if(pools_.begin(), pools_.end(),
                                    [&](const auto& entry) { return entry.second.pool == pool; });
    if (found != pools_.end()) {
        pools_.erase(found);
    }
}

} // namespace ciam::io
