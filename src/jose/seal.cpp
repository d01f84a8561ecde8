#include "jose/seal.hpp"

#include "base/error.hpp"
#include "base/random.hpp"
#include "jose/openssl.hpp"

#include <algorithm>
#include <limits>
#include <openssl/core_names.h>
#include <openssl/crypto.h>

namespace ciam::jose {

namespace {

using MacAlgorithm = std::unique_ptr<EVP_MAC, Release<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Release<EVP_MAC_CTX_free>>;
using Cipher = std::unique_ptr<EVP_CIPHER, Release<EVP_CIPHER_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Release<EVP_CIPHER_CTX_free>>;

constexpr std::size_t min_key_bytes = 32;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
static_assert(Sealer::overhead == nonce_size + tag_size);

[[noreturn]] void failed(const char* what)
{
    throw base::Error{base::Fault::internal, std::string{"OpenSSL could not "} + what};
}

unsigned char* writable(std::string& bytes)
{
    return reinterpret_cast<unsigned char*>(bytes.data());
}

/// The MAC's input, gathered so that OpenSSL is called once for a short one: each part with its
/// length before it, seven bits a byte.
class Gathered {
public:
    explicit Gathered(EVP_MAC_CTX* context) : context_(context) {}

    bool add(std::string_view part)
    {
        auto size = part.size();
        for (; size >= 0x80; size >>= 7) {
            put(static_cast<char>(size | 0x80));
        }
        put(static_cast<char>(size));
        if (part.size() > bytes_.size() - used_) {
            flush();
            return ok_ && EVP_MAC_update(context_, octets(part), part.size()) == 1;
        }
        part.copy(bytes_.data() + used_, part.size());
        used_ += part.size();
        return ok_;
    }

    bool flush()
    {
        ok_ = ok_ && EVP_MAC_update(context_, octets({bytes_.data(), used_}), used_) == 1;
        used_ = 0;
        return ok_;
    }

private:
    void put(char byte)
    {
        if (used_ == bytes_.size()) {
            flush();
        }
        bytes_[used_++] = byte;
    }

    EVP_MAC_CTX* context_;
    std::array<char, 128> bytes_{};
    std::size_t used_ = 0;
    bool ok_ = true;
};

int length(std::string_view bytes)
{
    return static_cast<int>(bytes.size());
}

bool is_countable(std::string_view bytes)
{
    return bytes.size() < static_cast<std::size_t>(std::numeric_limits<int>::max()) / 2;
}

/// A context that knows its cipher, so that a use sets key and nonce alone: naming the cipher again
/// would make OpenSSL allocate everything anew.
CipherContext make_context(const EVP_CIPHER* cipher, int encrypt)
{
    CipherContext context{EVP_CIPHER_CTX_new()};
    if (!context ||
        EVP_CipherInit_ex2(context.get(), cipher, nullptr, nullptr, encrypt, nullptr) != 1) {
        failed("set up AES-256-GCM");
    }
    return context;
}

bool set_associated(EVP_CIPHER_CTX* context, std::string_view associated)
{
    int written = 0;
    return EVP_CipherUpdate(context, nullptr, &written, octets(associated), length(associated)) ==
           1;
}

/// A nonce is random and new for each key and text. With its last bit turned it is another one,
/// which is as new.
std::array<unsigned char, nonce_size> second_nonce(std::string_view first)
{
    std::array<unsigned char, nonce_size> nonce{};
    std::copy_n(first.begin(), nonce_size, nonce.begin());
    nonce.back() ^= 1U;
    return nonce;
}

void discard(std::string& text) noexcept
{
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

} // namespace

// The keyed context is set back and used again, which is many times faster than making one; a
// worker has one thread, so the mutable state behind a const Mac is never used twice at once.
struct Mac::Context {
    MacContext mac;
};

Mac::Mac(std::string_view key) : context_(std::make_unique<Context>())
{
    if (key.size() < min_key_bytes) {
        throw base::Error{base::Fault::configuration, "a secret key is shorter than 32 characters"};
    }
    const MacAlgorithm hmac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    context_->mac.reset(hmac ? EVP_MAC_CTX_new(hmac.get()) : nullptr);
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    if (!context_->mac ||
        EVP_MAC_init(context_->mac.get(), octets(key), key.size(), parameters) != 1) {
        failed("set up HMAC-SHA256");
    }
}

Mac::Mac(Mac&&) noexcept = default;
Mac& Mac::operator=(Mac&&) noexcept = default;
Mac::~Mac() = default;

Digest Mac::operator()(std::string_view label, std::initializer_list<std::string_view> parts) const
{
    EVP_MAC_CTX* mac = context_->mac.get();
    Digest digest{};
    std::size_t size = 0;
    Gathered input{mac};
    if (EVP_MAC_init(mac, nullptr, 0, nullptr) != 1 || !input.add(label) ||
        !std::all_of(parts.begin(), parts.end(), [&](auto part) { return input.add(part); }) ||
        !input.flush() || EVP_MAC_final(mac, digest.data(), &size, digest.size()) != 1 ||
        size != digest.size()) {
        failed("compute HMAC-SHA256");
    }
    return digest;
}

// As with Mac: one thread, so the contexts behind a const Sealer are never used twice at once.
struct Sealer::Context {
    Cipher cipher{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
    CipherContext encrypt = make_context(cipher.get(), 1);
    CipherContext decrypt = make_context(cipher.get(), 0);
};

Sealer::Sealer() : context_(std::make_unique<Context>()) {}
Sealer::Sealer(Sealer&&) noexcept = default;
Sealer& Sealer::operator=(Sealer&&) noexcept = default;
Sealer::~Sealer() = default;

struct Sealer::With {
    const Digest& key;
    const unsigned char* nonce;
    std::string_view associated;
};

std::string Sealer::seal(const Digest& key, std::string_view text,
                         std::string_view associated) const
{
    std::string sealed = base::random_bytes(nonce_size);
    sealed.resize(text.size() + overhead);
    seal_into(writable(sealed) + nonce_size, text, {key, writable(sealed), associated});
    return sealed;
}

std::string Sealer::seal_beside(std::string_view first, const Digest& key, std::string_view text,
                                std::string_view associated) const
{
    if (first.size() < overhead) {
        failed("encrypt beside nothing");
    }
    const auto nonce = second_nonce(first);
    std::string sealed(text.size() + tag_size, '\0');
    seal_into(writable(sealed), text, {key, nonce.data(), associated});
    return sealed;
}

/// Ciphertext and tag.
void Sealer::seal_into(unsigned char* out, std::string_view text, const With& with) const
{
    EVP_CIPHER_CTX* context = context_->encrypt.get();
    int written = 0;
    int rest = 0;
    if (!is_countable(text) || !is_countable(with.associated) ||
        EVP_EncryptInit_ex2(context, nullptr, with.key.data(), with.nonce, nullptr) != 1 ||
        !set_associated(context, with.associated) ||
        EVP_EncryptUpdate(context, out, &written, octets(text), length(text)) != 1 ||
        EVP_EncryptFinal_ex(context, out + written, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_size, out + text.size()) != 1) {
        failed("encrypt");
    }
}

bool Sealer::open(const Digest& key, std::string_view sealed, std::string_view associated,
                  std::string& text) const noexcept
{
    discard(text);
    return sealed.size() >= overhead &&
           open_body(sealed.substr(nonce_size), {key, octets(sealed), associated}, text);
}

std::optional<std::string> Sealer::open_beside(std::string_view first, const Digest& key,
                                               std::string_view sealed,
                                               std::string_view associated) const noexcept
{
    std::string text;
    if (first.size() < overhead || sealed.size() < tag_size) {
        return std::nullopt;
    }
    const auto nonce = second_nonce(first);
    return open_body(sealed, {key, nonce.data(), associated}, text) ? std::optional{std::move(text)}
                                                                    : std::nullopt;
}

bool Sealer::open_body(std::string_view body, const With& with, std::string& text) const noexcept
try {
    if (!is_countable(body) || !is_countable(with.associated)) {
        return false;
    }
    std::array<unsigned char, tag_size> tag{};
    std::copy(body.end() - tag_size, body.end(), tag.begin());
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag.data(), tag.size()),
        OSSL_PARAM_construct_end()};
    body.remove_suffix(tag_size);
    text.resize(body.size());

    EVP_CIPHER_CTX* context = context_->decrypt.get();
    int written = 0;
    int rest = 0;
    if (EVP_DecryptInit_ex2(context, nullptr, with.key.data(), with.nonce, nullptr) == 1 &&
        set_associated(context, with.associated) &&
        EVP_DecryptUpdate(context, writable(text), &written, octets(body), length(body)) == 1 &&
        EVP_CIPHER_CTX_set_params(context, parameters) == 1 &&
        EVP_DecryptFinal_ex(context, writable(text) + written, &rest) == 1) {
        return true;
    }
    ERR_clear_error();
    discard(text);
    return false;
} catch (...) {
    text.clear(); // no memory
    return false;
}

Digest sha256(std::string_view bytes)
{
    Digest digest{};
    unsigned int size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        failed("compute SHA-256");
    }
    return digest;
}

} // namespace ciam::jose
