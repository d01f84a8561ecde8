// Which faults are the provider's.
#pragma once

#include "base/error.hpp"

namespace ciam::module {

/// It answered something wrong, or nothing: its addresses may have changed.
inline bool is_of_provider(base::Fault fault)
{
    return fault == base::Fault::provider || fault == base::Fault::provider_away ||
           fault == base::Fault::provider_timeout;
}

} // namespace ciam::module
