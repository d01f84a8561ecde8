#include "module/jwks.hpp"

#include "base/encoding.hpp"
#include "module/conf.hpp"
#include "module/guard.hpp"
#include "module/respond.hpp"

#include <set>

namespace ciam::module {
namespace {

/// RFC 8705 section 2.2.2: a provider knows a self-signed certificate by the key set.
std::string certificate_jwk(const io::TlsIdentity& identity)
{
    std::string list;
    for (const auto& certificate : identity.certificates()) {
        list += (list.empty() ? "\"" : ",\"") + base::base64_encode(certificate) + "\"";
    }
    EVP_PKEY* key = identity.key();
    return jose::public_jwk(key, jose::thumbprint(key), "sig", ",\"x5c\":[" + list + "]");
}

/// Each key once, though several providers may know it.
std::set<std::string> public_keys(const MainConf& main)
{
    std::set<std::string> keys;
    for (const auto& provider : main.providers) {
        if (provider->identity && !jose::key_kind(provider->identity->key()).empty()) {
            keys.insert(certificate_jwk(*provider->identity));
        }
        const auto& client = provider->client;
        if (client.key) {
            keys.insert(client.key->public_jwk("sig"));
        }
        if (client.decryption_key) {
            const auto decrypting = client.decryption_key->public_jwks();
            keys.insert(decrypting.begin(), decrypting.end());
        }
    }
    return keys;
}

} // namespace

ngx_int_t serve_jwks(ngx_http_request_t* r)
{
    if (r->method != NGX_HTTP_GET && r->method != NGX_HTTP_HEAD) {
        return NGX_HTTP_NOT_ALLOWED;
    }
    return guarded_content(r, [&] {
        std::string list;
        for (const auto& key : public_keys(main_conf(r))) {
            list += (list.empty() ? "" : ",") + key;
        }
        return give_text(r, "application/jwk-set+json", R"({"keys":[)" + list + "]}\n");
    });
}

} // namespace ciam::module
