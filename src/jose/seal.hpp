// The server's secret K, what is derived from it, and sealing (AES-256-GCM) under derived keys.
#pragma once

#include "base/secret.hpp"

#include <array>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ciam::jose {

using Digest = std::array<unsigned char, 32>;

/// HMAC-SHA256 under K. Every part goes in with its length before it, so that no two lists of
/// parts give the same input.
class Mac {
public:
    /// `key`: at least 32 bytes, else Error{Fault::configuration}.
    explicit Mac(std::string_view key);
    Mac(const Mac&) = delete;
    Mac& operator=(const Mac&) = delete;
    Mac(Mac&&) noexcept;
    Mac& operator=(Mac&&) noexcept;
    ~Mac();

    /// `label` says what the result is for; no two uses share one.
    Digest operator()(std::string_view label, std::initializer_list<std::string_view> parts) const;

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// AES-256-GCM with a fresh random 96-bit nonce: nonce, ciphertext, tag (28 bytes longer than the
/// text).
class Sealer {
public:
    static constexpr std::size_t overhead = 28;

    Sealer();
    Sealer(const Sealer&) = delete;
    Sealer& operator=(const Sealer&) = delete;
    Sealer(Sealer&&) noexcept;
    Sealer& operator=(Sealer&&) noexcept;
    ~Sealer();

    std::string seal(const Digest& key, std::string_view text, std::string_view associated) const;

    /// Decrypts into `text` (its capacity is reused). False when key, bytes or associated data are
    /// not those of seal(); `text` is then empty. Throws nothing.
    bool open(const Digest& key, std::string_view sealed, std::string_view associated,
              std::string& text) const noexcept;

    /// A second text beside a sealed one, of the same key: its nonce follows from that of the
    /// first, so that it is 16 bytes longer than the text, and opens beside the first alone.
    std::string seal_beside(std::string_view first, const Digest& key, std::string_view text,
                            std::string_view associated) const;
    std::optional<std::string> open_beside(std::string_view first, const Digest& key,
                                           std::string_view sealed,
                                           std::string_view associated) const noexcept;

private:
    struct With;
    void seal_into(unsigned char* out, std::string_view text, const With& with) const;
    bool open_body(std::string_view body, const With& with, std::string& text) const noexcept;

    struct Context;
    std::unique_ptr<Context> context_;
};

/// K, with the older keys that still open: the first seals.
class Keyring {
public:
    /// One key a line of `text`, base64url or hexadecimal or raw of at least 32 characters; lines
    /// that are empty or begin with # are skipped. Throws Error{Fault::configuration}, never naming
    /// content.
    static Keyring from_file_text(std::string_view text);
    explicit Keyring(std::string_view one_key);

    const Mac& first() const { return macs_.front(); }
    const std::vector<Mac>& all() const { return macs_; }
    const Sealer& sealer() const { return sealer_; }

private:
    Keyring() = default;

    std::vector<Mac> macs_;
    Sealer sealer_;
};

/// SHA-256, for what needs no key: PKCE (RFC 7636 section 4.2), fingerprints of configuration.
Digest sha256(std::string_view bytes);

inline std::string_view view(const Digest& digest)
{
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

} // namespace ciam::jose
