// JSON from outside (jansson), with limits: size, depth 32, no duplicate keys, no NUL in strings.
#pragma once

#include <cstdint>
#include <jansson.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ciam::base {

struct JsonRelease {
    void operator()(json_t* value) const noexcept { json_decref(value); }
};

/// Shared ownership of one JSON value; reading members gives values that keep their owner alive.
class Json {
public:
    /// Parses an object. Throws Error{Fault::provider} that begins with `what` ("token response")
    /// and names position and reason, never content.
    static Json parse_object(std::string_view text, std::string_view what,
                             std::size_t max_bytes = 1 << 20);

    // In all of these a member that is null counts as absent, and one of another type throws
    // Error{Fault::provider} that names the member.

    /// A string member; nullopt when absent.
    std::optional<std::string> string(const char* name) const;
    /// An integer member (a real number is truncated: some providers send 1.7e9); nullopt when
    /// absent.
    std::optional<std::int64_t> integer(const char* name) const;
    std::optional<bool> boolean(const char* name) const;
    /// A member that is an object; nullopt when absent.
    std::optional<Json> object(const char* name) const;
    /// A member that is a string or an array of strings, as a list; empty list when absent.
    std::vector<std::string> strings(const char* name) const;
    /// True when there is such a member, of whatever type, `null` excepted.
    bool has(const char* name) const;

    const json_t* get() const noexcept { return value_.get(); }
    const std::string& what() const noexcept { return what_; }

private:
    Json(std::shared_ptr<json_t> value, std::string what);

    const json_t* member(const char* name) const;
    [[noreturn]] void wrong_type(const char* name, const char* wanted) const;

    std::shared_ptr<json_t> value_;
    std::string what_;
};

} // namespace ciam::base
