#include "flow/transaction.hpp"

#include "base/encoding.hpp"
#include "base/random.hpp"
#include "base/url.hpp"
#include "flow/cookie_value.hpp"
#include "flow/fields.hpp"

#include <algorithm>

namespace ciam::flow {

namespace {

constexpr std::uint64_t layout_version = 2;
constexpr std::size_t id_size = 16;
constexpr std::size_t fingerprint_size = 16;
constexpr std::uint64_t second_try_flag = 1;
constexpr std::uint64_t max_age_flag = 2;
constexpr std::uint64_t essential_acr_flag = 4;
constexpr std::size_t max_state_size = 1000; // providers cut or refuse longer ones
constexpr std::string_view associated = "ciam state 1";

std::uint64_t flags_of(const Transaction& transaction)
{
    return (transaction.second_try ? second_try_flag : 0) |
           (transaction.asked.max_age ? max_age_flag : 0) |
           (transaction.asked.acr_is_essential ? essential_acr_flag : 0);
}

/// A transaction as it is sealed.
struct Content {
    std::string_view id;
    std::string_view fingerprint; // of the binding cookie
    Transaction transaction;
};

std::string write(const Content& content, std::string_view return_path)
{
    const Transaction& transaction = content.transaction;
    return FieldWriter{max_state_size}
        .number(layout_version)
        .bytes(content.id)
        .bytes(content.fingerprint)
        .number(static_cast<std::uint64_t>(transaction.started))
        .number(flags_of(transaction))
        .number(static_cast<std::uint64_t>(transaction.asked.max_age.value_or(0)))
        .field(transaction.asked.acr_values)
        .field(transaction.provider)
        .field(return_path)
        .take();
}

std::optional<Content> read(std::string_view text)
{
    FieldReader reader{text};
    const std::uint64_t version = reader.number();
    Content content;
    content.id = reader.bytes(id_size);
    content.fingerprint = reader.bytes(fingerprint_size);
    content.transaction.started = static_cast<base::Seconds>(reader.number());
    const std::uint64_t flags = reader.number();
    content.transaction.second_try = (flags & second_try_flag) != 0;
    const auto max_age = static_cast<base::Seconds>(reader.number());
    if ((flags & max_age_flag) != 0) {
        content.transaction.asked.max_age = max_age;
    }
    content.transaction.asked.acr_is_essential = (flags & essential_acr_flag) != 0;
    content.transaction.asked.acr_values = reader.field();
    content.transaction.provider = reader.field();
    content.transaction.return_path = reader.field();
    if (reader.failed() || reader.has_more() || version != layout_version) {
        return std::nullopt;
    }
    return content;
}

std::size_t state_size(std::string_view content)
{
    const std::size_t sealed = content.size() + jose::Sealer::overhead;
    return (sealed * 4 + 2) / 3; // base64url without padding
}

/// Whoever asked for this login: only what stays on this site gets into a state.
std::string write_shortened(const Content& content)
{
    const std::string_view whole = content.transaction.return_path;
    for (const std::string_view path : {whole, whole.substr(0, whole.find('?'))}) {
        std::string text = write(content, path);
        if (base::is_return_path(path) && state_size(text) <= max_state_size) {
            return text;
        }
    }
    return write(content, "/");
}

jose::Digest state_key(const jose::Mac& mac)
{
    return mac("ciam state key", {});
}

jose::Digest binding_mac(const jose::Mac& mac, std::string_view binding)
{
    return mac("ciam binding", {binding});
}

std::string_view fingerprint(const jose::Digest& binding_mac)
{
    return jose::view(binding_mac).substr(0, fingerprint_size);
}

TransactionSecrets derive_secrets(const jose::Mac& mac, std::string_view binding,
                                  std::string_view id)
{
    const auto derive = [&](std::string_view label) {
        return base::base64url_encode(jose::view(mac(label, {binding, id})));
    };
    return {derive("ciam nonce"), derive("ciam verifier")};
}

OpenedTransaction bind(const jose::Mac& mac, Content content, std::span<const std::string> bindings)
{
    const auto is_of = [&](const std::string& binding) {
        return base::equal_secret(fingerprint(binding_mac(mac, binding)), content.fingerprint);
    };
    OpenedTransaction opened;
    const auto binding = std::find_if(bindings.begin(), bindings.end(), is_of);
    if (binding != bindings.end()) {
        opened.secrets = derive_secrets(mac, *binding, content.id);
    }
    opened.transaction = std::move(content.transaction);
    return opened;
}

} // namespace

SealedTransaction seal_transaction(const jose::Keyring& keyring, const Transaction& transaction,
                                   std::string_view binding)
{
    const jose::Mac& mac = keyring.first();
    const std::string id = base::random_bytes(id_size);
    const jose::Digest bound = binding_mac(mac, binding);
    const std::string text = write_shortened({id, fingerprint(bound), transaction});
    const std::string sealed = keyring.sealer().seal(state_key(mac), text, associated);
    return {base::base64url_encode(sealed), derive_secrets(mac, binding, id)};
}

std::optional<OpenedTransaction> open_transaction(const jose::Keyring& keyring,
                                                  std::string_view state,
                                                  std::span<const std::string> bindings)
{
    const auto sealed = base::base64url_decode(state);
    if (!sealed) {
        return std::nullopt;
    }
    std::string text;
    for (const jose::Mac& mac : keyring.all()) {
        if (keyring.sealer().open(state_key(mac), *sealed, associated, text)) {
            auto content = read(text);
            return content ? std::optional{bind(mac, *std::move(content), bindings)} : std::nullopt;
        }
    }
    return std::nullopt;
}

std::string new_binding()
{
    return new_cookie_value();
}

bool is_binding(std::string_view cookie)
{
    return is_cookie_value(cookie);
}

} // namespace ciam::flow
