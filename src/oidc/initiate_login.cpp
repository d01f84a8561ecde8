#include "oidc/initiate_login.hpp"

#include "base/error.hpp"
#include "base/parameters.hpp"
#include "base/url.hpp"

namespace ciam::oidc {

namespace {

using base::Error;
using base::Fault;

constexpr std::size_t max_login_hint = 1024;

[[noreturn]] void refuse(const std::string& reason)
{
    throw Error{Fault::client, "initiate_login_uri: " + reason};
}

} // namespace

InitiatedLogin parse_initiated_login(std::string_view text)
{
    const auto parameters = base::Parameters::parse(text);
    InitiatedLogin login;
    login.issuer = parameters.get("iss").value_or("");
    login.login_hint = parameters.get("login_hint");
    login.target_link_uri = parameters.get("target_link_uri").value_or("");
    if (login.issuer.empty()) {
        refuse("there is no iss");
    }
    if (login.login_hint && login.login_hint->empty()) {
        login.login_hint.reset();
    }
    if (login.login_hint && login.login_hint->size() > max_login_hint) {
        refuse("login_hint is longer than " + std::to_string(max_login_hint) + " bytes");
    }
    return login;
}

std::string path_on_site(std::string_view target, std::string_view base_url)
{
    const auto url = base::Url::parse(target);
    const auto site = base::Url::parse(base_url);
    if (!url || !site || url->origin() != site->origin()) {
        return "/";
    }
    return url->query.empty() ? url->path : url->path + "?" + url->query;
}

} // namespace ciam::oidc
