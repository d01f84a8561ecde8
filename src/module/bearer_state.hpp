// What has become of a request's bearer token so far.
#pragma once

#include "base/error.hpp"
#include "flow/bearer.hpp"
#include "module/conf.hpp"

#include <memory>
#include <optional>
#include <string>

namespace ciam::module {

/// One of the three.
struct BearerAnswer {
    std::shared_ptr<const flow::Bearer> bearer;
    std::string refused;              // the reason
    std::optional<base::Error> error; // it could not be found out
};

/// Why the request is not let in (RFC 6750 section 3.1).
struct BearerProblem {
    ngx_uint_t status;
    const char* code;
    std::string reason; // without a value of the token
};

/// Who waits for an answer; destroying it stops nothing but the wait.
class BearerWait {
public:
    virtual ~BearerWait() = default;
};

struct BearerState {
    const BearerRules* rules = nullptr; // null: the cookie counts, not a token
    std::unique_ptr<BearerWait> wait;
    std::optional<BearerAnswer> late; // came while the request waited
    std::optional<BearerProblem> problem;
    std::optional<base::Error> error;
    /// Was null in one location of this request and is not in another, or the reverse.
    bool has_changed = false;
};

} // namespace ciam::module
