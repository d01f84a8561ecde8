#include "module/jwks.hpp"

#include "module/conf.hpp"
#include "module/guard.hpp"
#include "module/respond.hpp"

#include <set>

namespace ciam::module {
namespace {

/// Each key once, though several providers may know it.
std::set<std::string> public_keys(const MainConf& main)
{
    std::set<std::string> keys;
    for (const auto& provider : main.providers) {
        const auto& client = provider->client;
        if (client.key) {
            keys.insert(client.key->public_jwk("sig"));
        }
        const auto* decrypting =
            client.decryption_key ? client.decryption_key->private_key() : nullptr;
        if (decrypting != nullptr) {
            keys.insert(decrypting->public_jwk("enc"));
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
