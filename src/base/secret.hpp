// Bytes that are wiped when they go out of scope, and their comparison in constant time.
#pragma once

#include <string>
#include <string_view>

namespace ciam::base {

/// A string whose memory is wiped (OPENSSL_cleanse) at its end. Move-only, so that no copy is
/// forgotten.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string&& bytes);
    explicit Secret(std::string_view bytes) : bytes_(bytes) {}
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    std::string_view view() const noexcept { return bytes_; }
    bool empty() const noexcept { return bytes_.empty(); }

private:
    static void wipe(std::string& bytes) noexcept;

    std::string bytes_;
};

/// Compares in a time that depends on the lengths alone.
bool equal_secret(std::string_view a, std::string_view b) noexcept;

} // namespace ciam::base
