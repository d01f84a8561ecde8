#include "flow/discovery.hpp"

#include <utility>

namespace ciam::flow {

namespace {

jose::Keys parse_keys(std::string_view text)
{
    jose::Keys keys = jose::Keys::parse(text);
    if (keys.size() == 0) {
        throw base::Error{base::Fault::provider,
                          "the key set at jwks_uri holds no key that can verify a signature; check "
                          "the provider's signing keys"};
    }
    return keys;
}

} // namespace

Discovery::Next Discovery::next()
{
    if (!metadata_answer_) {
        return ask(oidc::metadata_request(client_),
                   [this](base::HttpResponse response) { metadata_answer_ = std::move(response); });
    }
    const std::string& metadata = oidc::require_ok(*metadata_answer_, "provider metadata");
    if (!keys_answer_) {
        return ask(oidc::keys_request(oidc::parse_metadata(metadata, client_)),
                   [this](base::HttpResponse response) { keys_answer_ = std::move(response); });
    }
    const std::string& keys = oidc::require_ok(*keys_answer_, "key set");
    parse_keys(keys);
    return FetchedDocuments{metadata, keys};
}

std::shared_ptr<const ProviderDocuments>
parse_documents(const oidc::Client& client, const FetchedDocuments& texts, std::uint64_t generation)
{
    return std::make_shared<const ProviderDocuments>(ProviderDocuments{
        oidc::parse_metadata(texts.metadata, client), parse_keys(texts.keys), generation});
}

} // namespace ciam::flow
