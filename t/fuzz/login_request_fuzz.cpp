// What a stranger says when he starts a login here: read or refused, and the page that it leads to
// is one of this site. The claims parameter, which a variable may hold: the same.
#include "base/error.hpp"
#include "base/url.hpp"
#include "oidc/claims_request.hpp"
#include "oidc/initiate_login.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace ciam;

namespace {

void require(bool holds)
{
    if (!holds) {
        std::abort();
    }
}

void check_path(std::string_view target)
{
    const std::string origin = "https://site.example";
    const auto path = oidc::path_on_site(target, origin);
    const auto url = base::Url::parse(origin + path);
    require(base::is_return_path(path) || path.size() > 8192);
    require(url && url->origin() == origin);
}

void check_login(std::string_view text)
{
    try {
        const auto login = oidc::parse_initiated_login(text);
        require(!login.issuer.empty() && login.login_hint != "");
        check_path(login.target_link_uri);
    } catch (const base::Error& error) {
        require(error.fault() == base::Fault::client);
    }
}

void check_claims(std::string_view text)
{
    try {
        const auto request = oidc::parse_claims_request(text);
        require(!request.names.empty());
        require(request.acr_is_essential || request.acr_values.empty());
    } catch (const base::Error& error) {
        require(error.fault() == base::Fault::configuration);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_login(text);
    check_path(text);
    check_claims(text);
    return 0;
}
