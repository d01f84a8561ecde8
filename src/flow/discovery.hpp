// Fetches a provider's metadata and keys (OIDC Discovery 1.0 section 4).
#pragma once

#include "flow/step.hpp"

#include <string>

namespace ciam::flow {

/// Texts that parse, for the memory that workers share.
struct FetchedDocuments {
    std::string metadata;
    std::string keys;
};

class Discovery : public Asking<FetchedDocuments> {
public:
    explicit Discovery(const oidc::Client& client) : client_(client) {}

    /// Throws Error.
    Next next();

private:
    const oidc::Client& client_;
    std::optional<base::HttpResponse> metadata_answer_;
    std::optional<base::HttpResponse> keys_answer_;
};

/// Parses what a Discovery gave. Throws Error.
std::shared_ptr<const ProviderDocuments> parse_documents(const oidc::Client& client,
                                                         const FetchedDocuments& texts,
                                                         std::uint64_t generation);

} // namespace ciam::flow
