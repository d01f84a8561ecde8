#include "flow/step.hpp"

namespace ciam::flow {

const ProviderDocuments& require_documents(const ProviderReply& reply)
{
    if (reply.documents) {
        return *reply.documents;
    }
    if (reply.error) {
        throw base::Error{*reply.error};
    }
    throw base::Error{base::Fault::internal, "the provider's documents are missing"};
}

void require_available(base::StoreReply::Status status)
{
    if (status == base::StoreReply::Status::unavailable) {
        throw base::Error{base::Fault::store_away,
                          "the session store cannot answer now; see its own log lines"};
    }
}

} // namespace ciam::flow
