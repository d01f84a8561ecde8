#include "io/connections.hpp"

#include <algorithm>

namespace ciam::io {

Pool::Pool(ngx_cycle_t* cycle, X509_STORE* trust)
    : tls_sessions_(made(Share{curl_share_init()})), multi_(cycle)
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

std::shared_ptr<Pool> Connections::to(const std::string& origin, const TlsTrust* trust)
{
    X509_STORE* store = trust != nullptr ? trust->store() : nullptr;
    std::shared_ptr<Pool>& pool = pools_[{origin, store}];
    if (!pool) {
        pool = std::make_shared<Pool>(cycle_, store);
    }
    return pool;
}

void Connections::retire(const std::shared_ptr<Pool>& pool)
{
    const auto found = std::find_if(pools_.begin(), pools_.end(),
                                    [&](const auto& entry) { return entry.second == pool; });
    if (found != pools_.end()) {
        pools_.erase(found);
    }
}

} // namespace ciam::io
