#include "module/client_values.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <sys/stat.h>

namespace ciam::module {
namespace {

using enum oidc::Authentication;

constexpr std::array<std::pair<std::string_view, oidc::Authentication>, 7> methods{{
    {"none", none},
    {"client_secret_basic", client_secret_basic},
    {"client_secret_post", client_secret_post},
    {"client_secret_jwt", client_secret_jwt},
    {"private_key_jwt", private_key_jwt},
    {"tls_client_auth", tls_client_auth},
    {"self_signed_tls_client_auth", self_signed_tls_client_auth},
}};

constexpr std::array<std::pair<std::string_view, oidc::AssertionAudience>, 3> audiences{{
    {"aud=issuer", oidc::AssertionAudience::issuer},
    {"aud=token_endpoint", oidc::AssertionAudience::token_endpoint},
    {"aud=endpoint", oidc::AssertionAudience::endpoint},
}};

/// The text of a key file. A key that others can read is soon somebody else's.
base::Secret read_key_file(ngx_conf_t* cf, const DirectiveWords& words)
{
    const auto path = conf_path(cf, words);
    base::Secret text{read_conf_file(cf, words)};
    struct stat status {};
    if (stat(path.c_str(), &status) == 0 && (status.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        warn(cf, to_string(words[0]) + ": everybody on this machine can read " + path +
                     "; write chmod 600 " + path);
    }
    return text;
}

/// Makes something of a key's text; what is wrong with it is said with the file's name.
template <class Make> auto of_key_file(ngx_conf_t* cf, const DirectiveWords& words, Make make)
{
    const auto text = read_key_file(cf, words);
    try {
        return make(text.view());
    } catch (const base::Error& error) {
        wrong(to_string(words[0]) + ": the file " + conf_path(cf, words) + " " + error.what());
    }
}

} // namespace

void set_client_id(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.client.client_id = to_string(words[1]);
}

void set_client_secret(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.client.client_secret = base::Secret{to_view(words[1])};
}

void set_client_secret_file(ngx_conf_t* cf, ProviderConf& provider, const DirectiveWords& words)
{
    auto text = read_conf_file(cf, words);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
        text.pop_back();
    }
    provider.client.client_secret = base::Secret{std::move(text)};
}

void set_client_auth(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    const auto name = to_view(words[1]);
    const auto* found = std::find_if(methods.begin(), methods.end(),
                                     [name](const auto& method) { return method.first == name; });
    if (found == methods.end()) {
        wrong("client_auth takes client_secret_basic, client_secret_post, client_secret_jwt, "
              "private_key_jwt, tls_client_auth, self_signed_tls_client_auth or none");
    }
    provider.client.authentication = found->second;
    if (words.size() < 3) {
        return;
    }
    const auto* audience = std::find_if(audiences.begin(), audiences.end(), [&](const auto& one) {
        return one.first == to_view(words[2]);
    });
    if (!name.ends_with("_jwt") || audience == audiences.end()) {
        wrong("client_auth takes aud=issuer, aud=token_endpoint or aud=endpoint after "
              "private_key_jwt or client_secret_jwt");
    }
    provider.client.assertion_audience = audience->second;
}

void set_client_key(ngx_conf_t* cf, ProviderConf& provider, const DirectiveWords& words)
{
    std::string_view kid;
    if (words.size() > 2) {
        kid = to_view(words[2]);
        if (!kid.starts_with("kid=") || kid.size() == 4) {
            wrong("client_key takes kid= after the file, such as client_key key.pem kid=2026;");
        }
        kid.remove_prefix(4);
    }
    provider.client.key = of_key_file(cf, words, [kid](std::string_view text) {
        auto key = jose::PrivateKey::parse(text, kid);
        if (key.signing_algorithms().empty()) {
            wrong("holds a key that can't sign; use an RSA, EC or Ed25519 key");
        }
        return key;
    });
}

void set_client_certificate(ngx_conf_t* cf, ProviderConf& provider, const DirectiveWords& words)
{
    provider.identity =
        std::make_shared<const io::TlsIdentity>(conf_path(cf, words, 1), conf_path(cf, words, 2));
    provider.client.has_certificate = true;
}

void set_id_token_alg(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    auto& algorithms = provider.client.id_token_algorithms;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto algorithm = jose::algorithm_from_name(to_view(words[i]));
        if (!algorithm) {
            wrong("id_token_alg takes RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, "
                  "ES512, EdDSA, Ed25519, HS256, HS384 and HS512");
        }
        algorithms.push_back(*algorithm);
    }
}

void set_id_token_decrypt_key(ngx_conf_t* cf, ProviderConf& provider, const DirectiveWords& words)
{
    if (to_view(words[1]) == "client_secret") {
        provider.decrypts_by_client_secret = true; // which may follow
        return;
    }
    provider.client.decryption_key = of_key_file(cf, words, jose::DecryptionKey::parse);
}

namespace {

void check_secret(const ProviderConf& provider)
{
    const auto& client = provider.client;
    if (provider.says("client_secret") && provider.says("client_secret_file")) {
        wrong("oidc_provider " + client.provider +
              " has client_secret and client_secret_file; keep one");
    }
    if (provider.says("client_secret") && client.client_secret.empty()) {
        wrong("client_secret is empty; leave it out for a public client");
    }
    const bool is_public = client.authentication == none ||
                           (client.client_secret.empty() && !client.key && !client.has_certificate);
    if (is_public && client.pkce == oidc::Pkce::off) {
        wrong("oidc_provider " + client.provider +
              " has neither client_secret nor PKCE, so a stolen code is a login; remove pkce off;");
    }
}

/// The directive that a method needs; empty: none.
std::string_view means_of(oidc::Authentication method)
{
    switch (method) {
    case automatic:
    case none:
        return {};
    case private_key_jwt:
        return "client_key";
    case tls_client_auth:
    case self_signed_tls_client_auth:
        return "client_certificate";
    default:
        return "client_secret";
    }
}

void check_means(const ProviderConf& provider)
{
    const auto& client = provider.client;
    const std::string means{means_of(client.authentication)};
    const bool has_secret = !client.client_secret.empty() || !client.apple_team_id.empty();
    const bool is_there =
        means == "client_secret" ? has_secret : means.empty() || provider.says(means);
    if (!is_there) {
        wrong("client_auth of oidc_provider " + client.provider + " needs " + means);
    }
    if (client.authentication == automatic && client.key && !client.client_secret.empty()) {
        wrong("oidc_provider " + client.provider +
              " has client_secret and client_key; say with client_auth which one proves who the "
              "client is, such as client_auth private_key_jwt;");
    }
    if (means == "client_certificate" && client.loopback_http) {
        wrong("client_auth of oidc_provider " + client.provider +
              " needs an issuer that is https: there is no certificate without TLS");
    }
}

/// RFC 7518 section 3.2
void require_secret_for(const ProviderConf& provider, jose::Algorithm algorithm,
                        const std::string& directive)
{
    const auto least = jose::least_secret(algorithm);
    if (provider.client.client_secret.view().size() < least) {
        wrong(directive + " of oidc_provider " + provider.client.provider +
              " needs a client_secret of at least " + std::to_string(least) +
              " characters; have the provider make a longer one");
    }
}

} // namespace

void check_client(ProviderConf& provider)
{
    auto& client = provider.client;
    check_secret(provider);
    check_means(provider);
    if (client.authentication == client_secret_jwt) {
        require_secret_for(provider, jose::Algorithm::hs256, "client_auth client_secret_jwt");
    }
    for (const auto algorithm : client.id_token_algorithms) {
        const std::string name{jose::algorithm_name(algorithm)};
        require_secret_for(provider, algorithm, "id_token_alg " + name);
    }
    if (client.id_token_algorithms.empty()) {
        using enum jose::Algorithm;
        client.id_token_algorithms = {rs256, ps256, es256, es384, eddsa, ed25519};
    }
    if (provider.decrypts_by_client_secret) {
        require_secret_for(provider, jose::Algorithm::hs256, "id_token_decrypt_key client_secret");
        client.decryption_key =
            jose::DecryptionKey::from_client_secret(client.client_secret.view());
    }
}

} // namespace ciam::module
