// Parameters of a query or form, in order, with duplicates kept: OAuth forbids a parameter that
// comes twice (RFC 6749 section 3.1), so a reader has to see that it did.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ciam::base {

class Parameters {
public:
    Parameters() = default;

    /// Parses `a=b&c=d`. Throws Error{Fault::client} for a broken escape, a NUL byte or more than
    /// `max_count` parameters.
    static Parameters parse(std::string_view query, std::size_t max_count = 64);

    void add(std::string_view name, std::string_view value);

    bool has(std::string_view name) const;

    /// The value of a parameter that is there once; nullopt when absent.
    /// Throws Error{Fault::client} when it is there twice.
    std::optional<std::string> get(std::string_view name) const;

    /// `a=b&c=d`, percent-encoded.
    std::string encode() const;

    bool empty() const { return items_.empty(); }

    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }

private:
    std::vector<std::pair<std::string, std::string>> items_;
};

} // namespace ciam::base
