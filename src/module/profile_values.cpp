#include "module/profile_values.hpp"

#include "oidc/metadata.hpp"

#include <algorithm>

namespace ciam::module {
namespace {

constexpr std::size_t apple_id_length = 10; // of teams and keys

bool is_apple_id(std::string_view text)
{
    return text.size() == apple_id_length && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
           });
}

/// One that is a URL was looked at where it stands.
void check_issuer_text(ngx_conf_t* cf, ProviderConf& provider)
{
    auto& client = provider.client;
    if (!oidc::is_issuer_name(client.issuer)) {
        return;
    }
    if (provider.profile == nullptr || !provider.profile->issuer_is_free_text) {
        wrong("issuer \"" + client.issuer +
              "\" is no URL; write issuer https://provider.example.com; (another text is an issuer "
              "only with profile fusionauth;)");
    }
    if (client.metadata_url.empty()) {
        wrong("oidc_provider " + client.provider +
              " has an issuer that is no URL, so write where its metadata are, such as config_url "
              "https://provider.example.com/.well-known/openid-configuration/TENANT;");
    }
    allow_loopback_http(cf, client, client.metadata_url.starts_with("http:"));
}

void check_issuer_of_profile(ngx_conf_t* cf, const ProviderConf& provider)
{
    const auto& client = provider.client;
    const auto& profile = *provider.profile;
    if (!client.issuer.ends_with(profile.issuer_end)) {
        auto better = client.issuer;
        while (better.ends_with('/')) {
            better.pop_back();
        }
        better += profile.issuer_end;
        warn(cf, "the issuer " + client.issuer + " does not end in \"" +
                     std::string{profile.issuer_end} + "\", as those of profile " +
                     std::string{profile.name} + " do; if logins fail, write issuer " + better +
                     ";");
    }
    if (profile.has_common_endpoints && (oidc::is_common_endpoint(client.issuer + "/") ||
                                         oidc::is_common_endpoint(client.metadata_url))) {
        wrong("oidc_provider " + client.provider +
              " is an endpoint of all tenants (common, organizations or consumers), by which "
              "everybody who has any tenant could log in; write the issuer of your own tenant, "
              "which has its id");
    }
}

void take_hosted_domain(ProviderConf& provider)
{
    const auto& arguments = provider.extra_arguments;
    if (std::any_of(arguments.begin(), arguments.end(),
                    [](const auto& argument) { return argument.name == "hd"; })) {
        wrong("extra_auth_args hd takes no variable with profile " +
              std::string{provider.profile->name} +
              ": the ID token's hd is compared with it; write the domain, such as hd=example.com");
    }
    provider.client.hosted_domain = provider.client.extra_auth_args.get("hd").value_or("");
}

void check_apple_key(const ProviderConf& provider)
{
    const std::string& name = provider.client.provider;
    const auto& key = provider.client.key;
    if (!key || !provider.says("apple_team_id")) {
        wrong("profile apple of oidc_provider " + name +
              " needs client_key AuthKey_KEYID.p8 kid=KEYID; and apple_team_id TEAMID;");
    }
    const auto can = key->signing_algorithms();
    if (std::find(can.begin(), can.end(), jose::Algorithm::es256) == can.end()) {
        wrong("client_key of oidc_provider " + name +
              " is no key of Apple's, which are EC keys of the curve P-256");
    }
    if (!is_apple_id(key->kid())) {
        wrong("client_key of oidc_provider " + name +
              " needs kid= and the ten characters of the key's id, which stand in the name of "
              "Apple's file: client_key AuthKey_KEYID.p8 kid=KEYID;");
    }
}

/// Who writes a client_secret has made that JWT himself.
void take_apple_secret(ProviderConf& provider)
{
    auto& client = provider.client;
    if (!client.client_secret.empty()) {
        return;
    }
    check_apple_key(provider);
    if (provider.says("client_auth")) {
        wrong("profile apple of oidc_provider " + client.provider +
              " sends a client secret that it makes of client_key; remove client_auth");
    }
    client.authentication = oidc::Authentication::client_secret_post;
}

void check_apple_team_id(const ProviderConf& provider)
{
    if (!provider.says("apple_team_id")) {
        return;
    }
    if (provider.profile == nullptr || !provider.profile->has_apple_client_secret) {
        wrong("apple_team_id of oidc_provider " + provider.client.provider +
              " means nothing without profile apple;");
    }
    if (!provider.client.client_secret.empty()) {
        wrong("oidc_provider " + provider.client.provider +
              " has a client secret and apple_team_id, of which one is made; keep one");
    }
}

} // namespace

void set_profile(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.profile = oidc::find_profile(to_view(words[1]));
    if (provider.profile == nullptr) {
        wrong("profile takes " + oidc::profile_names() + "; for another provider leave it out");
    }
}

void set_apple_team_id(ngx_conf_t*, ProviderConf& provider, const DirectiveWords& words)
{
    provider.client.apple_team_id = to_string(words[1]);
    if (!is_apple_id(provider.client.apple_team_id)) {
        wrong("apple_team_id takes the ten letters and digits that Apple's developer pages show "
              "under Membership");
    }
}

void apply_profile(ngx_conf_t* cf, ProviderConf& provider)
{
    check_issuer_text(cf, provider);
    check_apple_team_id(provider);
    if (provider.profile == nullptr) {
        return;
    }
    const auto& profile = *provider.profile;
    auto& client = provider.client;
    check_issuer_of_profile(cf, provider);
    client.issuer_without_scheme = profile.issuer_without_scheme;
    client.frontchannel_sid_alone = profile.frontchannel_sid_alone;
    if (!provider.says("userinfo")) {
        client.userinfo = profile.userinfo;
    }
    if (!provider.says("logout_style")) {
        client.logout_style = profile.logout_style;
    }
    if (!provider.says("response_mode")) {
        client.response_mode = profile.response_mode;
    }
    if (!provider.says("logout_token_hint")) {
        client.logout_token_hint = profile.logout_token_hint;
    }
    if (profile.verifies_hosted_domain) {
        take_hosted_domain(provider);
    }
    if (profile.has_apple_client_secret) {
        take_apple_secret(provider);
    }
}

} // namespace ciam::module
